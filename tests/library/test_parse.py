from __future__ import annotations

import re
from pathlib import Path

import pytest
from golden import DATA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlcards.compile.folder import compile_cards
from mlcards.library.answer import Cloze, Question
from mlcards.library.folder import load
from mlcards.library.header import KEYS
from mlcards.library.parse import parse
from mlcards.notes.draft import draft
from mlcards.text.diagnostics import InvalidAnswer
from mlcards.text.fragment import Fragment, decode

GOOD = (DATA / "library/ml-theory/bias-variance.md").read_text("utf-8")
LIBRARY = load(DATA / "library")


def test_a_whole_answer() -> None:
    """Each part of a file is found, with its place."""
    answer, problems = parse(Fragment(GOOD, "cards/ml-theory/bias-variance.md"), "ml-theory", "x")
    assert not problems
    assert [one.name.text for one in answer.companies] == ["McKinsey", "FB"]
    assert [one.source.text for one in answer.companies] == ["esl", "https://example.org/report"]
    assert (answer.companies[1].name.line, answer.companies[1].name.column) == (2, 28)
    assert str(answer.question) == "What is the bias–variance trade-off?"
    assert answer.spoken.text.startswith("Bias is the error")
    assert answer.sources[0].key.text == "esl"
    assert answer.sources[0].place == "§7.3"
    assert [section.heading.text for section in answer.sections] == ["Why it holds", "Code"]
    first, second = answer.prompts
    assert isinstance(first, Question)
    assert isinstance(second, Cloze)
    assert first.answer.text == "The variance."
    assert second.text.text.endswith("{{c3::variance}}.")


def test_windows_line_ends_and_byte_order_mark() -> None:
    """A file saved by a Windows editor reads like any other."""
    text = decode(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode(), "x.md")
    assert text.text == GOOD


def test_yaml_words_stay_words(mini: Path) -> None:
    """`no`, `2024-01-01` and the like are tags, not booleans or dates."""
    file = mini / "ml-coding" / "auc.md"
    file.write_text(GOOD.replace("[bias, variance]", "[no, 2024-01-01, '007', on, null]"), "utf-8")
    compiled = compile_cards(mini)
    explain = next(note for note in compiled.notes if note.key == "auc")
    assert {f"mini::concept::{word}" for word in ("no", "2024-01-01", "007", "on", "null")} <= set(
        explain.tags
    )


def test_headings_in_code_divide_nothing() -> None:
    """`#`, `##` and `---` inside a fence, also inside a list, are code."""
    code = "- item\n\n  ~~~text\n  # no\n## no\n  ~~~\n\n```text\n## no\n---\n# no\n```\n"
    text = GOOD.replace("## Why it holds\n", f"## Why it holds\n\n{code}")
    answer, problems = parse(Fragment(text, "x.md"), "ml-theory", "x")
    assert not problems
    assert [section.heading.text for section in answer.sections] == ["Why it holds", "Code"]


PIECES = st.sampled_from(
    [
        "---\n",
        "# q\n",
        "## Checklist\n",
        "## Prompts\n",
        "### a\n",
        "Q: x\n",
        "A: y\n",
        "C: {{c1::z}}\n",
        "retired: gone\n",
        "```python\n",
        "```\n",
        "$$\n",
        "- a\n",
        "topic: generalization\n",
        "\n",
        "tracks: [ml-engineer]\n",
        "tags: [a, b\n",
        "x: &a [*a]\n",
        "text $x$ `y`\n",
        "| a | $|b|$ |\n",
        "|---|---|\n",
        "<b>\n",
        "![](x.svg)\n",
        "{{c1::",
        "}}",
        "$",
        "\\",
        "[",
        "{",
        "\u2028",
        "\x85",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join), st.binary()))
def test_anything_parses_or_is_refused_with_a_place(content: str | bytes) -> None:
    """Any file becomes notes or diagnostics with a place inside it; never a traceback."""
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    lines = (
        data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )
    try:
        answer, problems = parse(decode(data, "x.md"), "ml-theory", "x")
        problems += draft(answer, LIBRARY.catalog, {}).problems
    except InvalidAnswer as error:
        problems = error.diagnostics
    for problem in problems:
        assert 1 <= problem.line <= len(lines), problem
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 2, problem


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.text(alphabet="ab:-[]{},&*!|>'\"#?%@`\\ \n\t", max_size=80),
        st.dictionaries(st.sampled_from([*KEYS, "x"]), st.text(max_size=20)).map(
            lambda keys: "\n".join(f"{key}: {value}" for key, value in keys.items())
        ),
    )
)
def test_any_frontmatter_reads_or_is_refused_with_a_place(header: str) -> None:
    """Any text between the two lines of `---` gives an answer and diagnostics inside the file."""
    text = f"---\n{header}\n---\n\n# q\n\na\n\n## Checklist\n\n- b\n"
    text = text.replace("\r", " ").replace("\x00", "")
    _, problems = parse(Fragment(text, "x.md"), "ml-theory", "x")
    for problem in problems:
        assert 1 <= problem.line <= text.count("\n") + 1, problem


@given(st.permutations(range(4)), st.sampled_from(["What is it?", "Why $x$?"]))
def test_identity_is_the_written_key(order: list[int], question: str) -> None:
    """Reordered, reworded or moved to another area, a note keeps its key."""
    prompts = [f"### p{i}\nQ: {question} {i}\nA: {question} {i}\n\n" for i in order]
    text = re.sub(r"### .*", "", GOOD, flags=re.DOTALL) + "".join(prompts)
    text = text.replace("What is the bias–variance trade-off?", question)
    keys = set()
    for area in ("ml-theory", "ml-coding"):
        answer, problems = parse(Fragment(text, "x.md"), area, "some-id")
        assert not problems
        keys.add(frozenset(note.key for note in draft(answer, LIBRARY.catalog, {}).notes))
    assert keys == {frozenset({"some-id", *(f"some-id/p{i}" for i in range(4))})}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            b"ok\nab\xff",
            "x.md:2:3: this byte is not UTF-8; save the file with the encoding UTF-8 [encoding]",
        ),
        (
            b"a\x00b",
            "x.md:1:2: the control character U+0000 cannot be shown; delete it [control-character]",
        ),
        (b"a" * 30_001, "x.md:1:1: the file is larger than 30 kB; split it [unreadable]"),
    ],
)
def test_unreadable_files(data: bytes, expected: str) -> None:
    """What is not text is refused with the place of the first bad character."""
    with pytest.raises(InvalidAnswer) as caught:
        decode(data, "x.md")
    assert str(caught.value) == expected
