from __future__ import annotations

import re
from html import unescape

import pytest
from golden import cases
from hypothesis import given
from hypothesis import strategies as st

from mlcards.markdown.html import render
from mlcards.text.fragment import Fragment

MEDIA = {"ü b.svg": "mlcards-0123.svg"}


@pytest.mark.parametrize(
    ("title", "source", "html", "problems"),
    [pytest.param(*case, id=case[0]) for case in cases("markdown.md", 3)],
)
def test_golden(title: str, source: str, html: str, problems: str) -> None:
    """Markdown becomes the HTML that tests/data/markdown.md shows."""
    rendered = render(Fragment(source, ""), MEDIA, cloze=title.startswith("[cloze]"))
    assert rendered.html == html.strip("\n")
    assert "\n".join(str(p).removeprefix(":") for p in rendered.problems) == problems.strip("\n")


def test_formula_knows_its_place() -> None:
    """A formula carries the line and column at which it stands in the file."""
    text = "x $a$\n\n- y\n  and $b$\n\n  $$\n  c\n  $$\n\n| t | u |\n|---|---|\n| $d$ | $d$ |"
    rendered = render(Fragment(text, "f.md", 10, 1), {})
    places = [(f.tex.text, f.tex.line, f.tex.column) for f in rendered.formulas]
    assert places == [("a", 10, 4), ("b", 13, 8), ("c", 16, 3), ("d", 21, 4), ("d", 21, 10)]


TEX = st.text(alphabet="ab{}:\\$_^ &<>|c1,", min_size=1, max_size=30).filter(
    lambda tex: (
        tex.strip() == tex
        and "$" not in re.sub(r"\\.", "", tex)
        and not re.search(r"(?<!\\)(\\\\)*\\$", tex)
    )
)


@given(TEX)
def test_formula_never_ends_a_deletion(tex: str) -> None:
    """Whatever a formula holds, the deletion around it ends where the author ended it."""
    rendered = render(Fragment(f"a {{{{c1::${tex}$}}}} b", ""), {}, cloze=True)
    match = re.fullmatch(r"<p>a \{\{c1::\\\((.*)\\\)\}\} b</p>", rendered.html, re.DOTALL)
    assert match
    assert "}}" not in match[1]
    assert "::" not in match[1]
    assert unescape(match[1]).replace(" ", "") == tex.replace(" ", "")


@given(st.text(max_size=200), st.booleans())
def test_any_text_renders(text: str, cloze: bool) -> None:
    """Any text becomes HTML or is refused with a place inside it."""
    text = text.replace("\r", "").replace("\x00", "").replace("\ue000", "")
    rendered = render(Fragment(text, "f.md"), {}, cloze=cloze)
    lines = text.split("\n")
    for problem in rendered.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
