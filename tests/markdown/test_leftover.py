"""Whatever looks like markup reaches the card as it was meant, or is reported."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden import DATA
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlcards.compile import compile_cards
from mlcards.library.folder import load
from mlcards.library.parse import parse
from mlcards.markdown.html import render
from mlcards.notes.draft import draft
from mlcards.text.diagnostics import Diagnostic, as_github, as_json, as_text
from mlcards.text.fragment import Fragment

LIBRARY = load(DATA / "library")
GOOD = (DATA / "library/ml-theory/bias-variance.md").read_text("utf-8")

MARKUP = r"""
{{c1:x}} | {{C1::x}} | {c1::x} | {{c::x}} | {{x}} | c1::x | \(x\) | \\(x\\) | \alpha | x_{i} | x^{2}
[latex]x[/latex] | $ x $ | [[x]] | ![[x.svg]] | note[^1] | ^[x] | [x](a b) | [x][y] | ![x](a b.svg)
https://a.org | www.a.org | [@x] | [sound:x.mp3] | [b]x[/b] | `x | **x | x** | ** x ** | __x | *x
_x | ~x~ | ~~ x ~~ | ==x== | ++x++ | ||x|| | :smile: | ''x'' | {% x %} | {{< x >}} | {.x} | &nbsp x
&foo; | <br | %%x%% | x^2^ | H~2~O | >!x!< | ´x´
"""
SPECIMENS = [one.strip() for one in re.split(r" \| |\n", MARKUP) if one.strip()]
STARTS = [
    "• one", "– one", "(1) a\n(2) b", "a) a\nb) b", "-one\n-two", "1.one\n2.two", "#one", "== one ==",
    "[ ] one", "[x] one", ":::note", "!!! note", ".. note::", "h2. one", "[!NOTE]", "[TOC]", "===",
    "-\u00a0one", "#\u00a0one", "1.\u00a0one", "\u00a0- one", "\u200b- one", "one\n: two", "Steps:\n2. b",
    "| a | b |\n| c | d |", "| a | b |\n|---|", "a | b\nc | d", "Q: one\nA: two", "[x]: one", "＃ one",
]  # fmt: skip
PROSE = """
The product a * b * c and x_1 in words, with 3 < 4 and [0, 1] and 5 – 7; a snake_case name, (0, 1].
The A* search is admissible, and so is IDA*. R&D and Q&A at AT&T, 95 %, 100%, 3–4, a -> b => c.
From $5 to $10, about ~5 or ~10 million, $3M, $5k/month, in US$ 5; x ~ N(0, 1) and y ~ U(0, 1).
P(A | B) is not P(B | A), |x| is the norm; C++ and g++; std::vector, 1:2, at 10:30:00, a/b.
x^2 + y^2 = z^2; n^k; a == b and c == d; x >= 3; coef_ and f(x)_i; a && b, a || b; 3 ** 2; x' and x''.
[1] says so, as [2, 3] does; a[0], M[i, j], [[1, 2], [3, 4]]; {0, 1}^n; #1 of C#; me@example.org.
It ends with a number⏎2. Then it goes on, or –⏎– as a dash; e.g. (a) one and (b) two.
""".strip().split("\n")
AROUND = [
    "{}",
    "So {} it is.",
    "- {}",
    "> {}",
    "*a* {} `b` $c$",
    "| a |\n|---|\n| {} |",
    "**so {} it**",
]


def problems(text: str, *, cloze: bool = False) -> list[str]:
    """Return what is reported of a text."""
    return [
        str(one) for one in render(Fragment(text, ""), {"p.svg": "q.svg"}, cloze=cloze).problems
    ]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("markup", SPECIMENS)
def test_markup_of_other_tools(markup: str, around: str) -> None:
    """What another tool would read as markup is reported wherever it stands in a text."""
    if "|" in markup and around.startswith("|"):
        markup = markup.replace("|", "\\|")
    assert problems(around.format(markup) if "{}" in around else around)


@pytest.mark.parametrize("around", ["{}", "- {}", "> {}"])
@pytest.mark.parametrize("text", STARTS)
def test_beginnings_of_lines(text: str, around: str) -> None:
    """A line that begins as a list, heading or box of another tool is reported."""
    indent = "\n" + {"- ": "  ", "> ": "> "}.get(around[:2], "")
    assert problems(around.format(text.replace("\n", indent)))


@pytest.mark.parametrize("line", PROSE)
@pytest.mark.parametrize("cloze", [False, True])
def test_prose_is_no_markup(line: str, cloze: bool) -> None:
    """Signs as mathematics and prose use them are not reported."""
    assert problems(line.replace("⏎", "\n"), cloze=cloze) == []


@pytest.mark.parametrize("markup", [one for one in SPECIMENS if "\\" not in one and "´" not in one])
@pytest.mark.parametrize("cloze", [False, True])
def test_the_way_out(markup: str, cloze: bool) -> None:
    """A sign with a backslash before it, or code, stays what it is and is not reported."""
    escaped = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", markup)
    assert problems(f"So {escaped} it is.", cloze=cloze) == []
    if not (cloze and "c1:" in markup.lower()) and "`" not in markup:
        assert problems(f"So `{markup}` it is.", cloze=cloze) == []


@given(st.lists(st.sampled_from([*"*_`~[]()!a 1", "**", "~~", "a b", "](", "x.svg"]), max_size=14))
def test_what_commonmark_leaves(pieces: list[str]) -> None:
    """Text that CommonMark leaves with two stars, a backtick or an open link in it is reported."""
    text = "x" + "".join(pieces) + "x"
    plain = MarkdownIt("commonmark").enable("strikethrough").parse(text)
    left = "".join(
        child.content if child.type == "text" else " \ufffc "
        for token in plain
        for child in token.children or ()
    )
    if re.search(r"\w\*\*\w|`|~~|\[\w*\]\(|!\[\w*\]", left):
        assert problems(text)


CELL = st.sampled_from(["a", "`b`", "$|c|$", "`d|e`", r"`f\|g`", "", "|", "**h**", "i j", "$k$"])


@given(st.lists(st.lists(CELL, min_size=1, max_size=4), min_size=1, max_size=4), st.integers(1, 3))
def test_rows_keep_their_cells(rows: list[list[str]], width: int) -> None:
    """Each row of a table shows all that it holds, or is reported."""
    lines = [
        "| " + " | ".join(cells) + " |" for cells in [["head"] * width, ["---"] * width, *rows]
    ]
    rendered = render(Fragment("\n".join(lines), ""), {})
    if not rendered.problems:
        shown = re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", rendered.html))
        for sign in "abcdefghijk":
            written = sum(cell.count(sign) for cells in rows for cell in cells)
            assert shown.replace("head", "").count(sign) == written
        assert rendered.html.count("<td>") == width * len(rows)


BODY = st.sampled_from(
    [
        "- one\n- two",
        "1. one\n2. two",
        "- one\n\n  more\n- two",
        "```python\nx = 1\n    # y\n```",
        "$$\nx\n$$",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "> one\n> two",
        "one\ntwo",
    ]
)


@given(BODY, BODY, st.integers(0, 3), st.integers(0, 2))
def test_a_shifted_section_means_the_same(first: str, then: str, shift: int, blank: int) -> None:
    """A section, a checklist or the side of a prompt that begins with up to three spaces is read alike."""
    text = f"{first}\n\n{then}"
    moved = "\n" * blank + "\n".join(" " * shift + line for line in text.split("\n"))

    def fields(body: str, points: str) -> object:
        whole = GOOD.replace("- irreducible noise\n- squared bias\n- variance", points)
        whole = whole.replace("## Why it holds\n", f"## Other\n\n{body}\n\n## Why it holds\n")
        whole = whole.replace("A: The variance.", f"A:\n{body}")
        answer, found = parse(Fragment(whole, "x.md"), "ml-theory", "x")
        assert not found
        return draft(answer, LIBRARY.catalog, {"bias-variance-curve.svg": "m.svg"}).fields

    points = "- a\n- b"
    assert fields(moved, "\n".join(" " * shift + line for line in points.split("\n"))) == fields(
        text, points
    )


def test_deeper_indentation_is_reported() -> None:
    """A section that is indented by four spaces is code for GitHub, so it is an error."""
    assert any("[indented-code]" in one for one in problems("    - one\n    - two"))


def test_what_anki_interprets_in_other_fields() -> None:
    """Alternative text, addresses, sources and questions hold nothing that Anki would act on."""
    text = GOOD.replace("esl §7.3", '"esl [sound:a.mp3]"').replace(
        "# What is", "# What is `{{c9::x}}` `[sound:b.mp3]` in"
    )
    text = text.replace("![Test error", "![`[sound:c.mp3]` Test error")
    answer, _ = parse(Fragment(text, "x.md"), "ml-theory", "x")
    fields = draft(answer, LIBRARY.catalog, {"bias-variance-curve.svg": "m.svg"}).fields
    assert "[sound:" not in str(fields)
    assert "{{c9" not in str(fields["x/decomposition"])


def test_a_retired_card_shows_the_words_of_a_deletion(mini: Path) -> None:
    """Who is sent to a cloze prompt reads its words, without braces and hints."""
    file = mini / "ml-theory" / "bias-variance.md"
    retired = "### bagging-lowers\nretired: decomposition\n"
    file.write_text(GOOD.replace("### bagging-lowers\n", retired), "utf-8")
    compiled = compile_cards(mini)
    assert not compiled.problems
    (links,) = [note.links for note in compiled.notes if note.key == "bias-variance/bagging-lowers"]
    assert links
    assert "{{" not in links["Notice"]
    assert "+ squared bias + variance." in links["Notice"]


def test_a_terminal_obeys_no_file(tmp_path: Path) -> None:
    """Control characters and signs that turn the order of the text are never printed raw."""
    file = tmp_path / "x.md"
    file.write_text("a \x1b[31m \x9b \u202e b\n", "utf-8")
    one = Diagnostic(str(file), 1, 3, "markup", "`\x1b[2J` and \x9b")
    for shown in (as_text([one]), as_json([one]), as_github([one])):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown)
