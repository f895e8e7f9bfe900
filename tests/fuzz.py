"""Try answers made of pieces of markup for as long as you like: python tests/fuzz.py [SECONDS].

Each file, good or broken, is read without a traceback and in a second; the HTML of an accepted
one is balanced, its deletions too, and its formulas are as they were written.
"""

from __future__ import annotations

import re
import sys
import time
from html import unescape
from html.parser import HTMLParser

from golden import DATA
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mlcards.checks import advise, check
from mlcards.library import load, parse
from mlcards.markdown import deletions
from mlcards.notes import draft
from mlcards.text import MAX_ANSWER_BYTES, Fragment

CATALOG = load(DATA / "library").catalog
GOOD = (DATA / "library/ml-theory/bias-variance.md").read_text("utf-8")
PLACES = ("Bias is the error", "Which part", "Expected squared", "irreducible", "tags: [bias")
PIECES = st.sampled_from(
    [
        *"*_`$|#>-+:[](){}<>&\\~!^=\"'\n\t a1é\u00a0\u200b",
        *(
            "{{c1::",
            "{{c2::",
            "}}",
            "::",
            "$$",
            "```",
            "```python\n",
            "\n\n",
            "| a | b |\n|---|---|\n",
        ),
        *(
            "[a](https://a.bc)",
            "![a](bias-variance-curve.svg)",
            "<b>",
            "&amp;",
            "\n- ",
            "\n1. ",
            "\n## ",
        ),
        *(
            "\n### x\n",
            "\nQ: ",
            "\nA: ",
            "\nC: ",
            "$x$",
            r"\frac{a}{b}",
            r"\text{",
            r"\begin{aligned}",
        ),
        *(
            "https://a.bc",
            "**bold**",
            "~~no~~",
            "[x]",
            "---\n",
            "\nretired: ",
            "%",
            "\\\n",
            "word ",
        ),
    ]
)
VOID = {"br", "hr", "img"}


class Balanced(HTMLParser):
    """Notes an element that is closed before it is opened, or never."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, (self.open, html)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Pass over what stands alone, such as `<br />`."""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Open an element."""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element opened last."""
        assert self.open, tag
        assert self.open.pop() == tag, tag


def try_text(text: str) -> None:
    """Hold one file against the properties."""
    text = text.encode()[:MAX_ANSWER_BYTES].decode("utf-8", "ignore")
    start = time.process_time()
    answer, wrong = parse(Fragment(text, "x.md"), "ml-theory", "x")
    drafted = draft(answer, CATALOG, {"bias-variance-curve.svg": "m.svg"})
    list(advise(drafted))
    problems = [*wrong, *drafted.problems, *check(answer, CATALOG)]
    assert time.process_time() - start < 1, "longer than a second"
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
    if problems:
        return
    written = re.sub(r"\s", "", text)
    for note in drafted.notes:
        fields = drafted.fields[note.key]
        for html in fields:
            Balanced(re.sub(r"\{\{c\d+::|\}\}", "", html) if note.kind == "cloze" else html)
        assert note.kind != "cloze" or len(deletions(fields[0])) == len(note.cards)
    for formula in drafted.formulas:
        parts = re.split(r"\[[^\]]*\]", re.sub(r"\s", "", unescape(formula.tex.text)))
        assert all(
            part in re.sub(r"\{\{c\d+::|\}\}", "", written) or part in written for part in parts
        )


def main(seconds: float) -> None:
    """Try random files until the time is over; Hypothesis shows the smallest that fails."""
    end = time.monotonic() + seconds
    tried = 0

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(st.sampled_from(PLACES), st.lists(PIECES, max_size=25).map("".join))
    def one_round(place: str, pieces: str) -> None:
        nonlocal tried
        tried += 1
        assert place in GOOD
        try_text(GOOD.replace(place, place + pieces, 1))

    while time.monotonic() < end:
        one_round()
    print(f"{tried} files tried")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60)
