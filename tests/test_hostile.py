"""Files made to break the tool: each is refused or read, soon and without a traceback."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from golden import DATA

from mlcards.checks.advice import advise
from mlcards.compile.folder import compile_cards
from mlcards.history import record
from mlcards.library.folder import load
from mlcards.library.parse import parse
from mlcards.notes.draft import draft
from mlcards.text.fragment import MAX_ANSWER_BYTES, Fragment

CATALOG = load(DATA / "library").catalog
GOOD = (DATA / "library/ml-theory/bias-variance.md").read_text("utf-8")

BODIES = {
    "open deletions": "{{c1::",
    "closed deletions": "{{c1::}}",
    "dollars": "$",
    "formulas": "$a$ ",
    "open formulas": "$a ",
    "display signs": "$$\n",
    "backticks": "` ``",
    "stars": "*a ",
    "brackets": "[",
    "links": "[a](",
    "pictures": "![a](x.svg) ",
    "quotes": ">",
    "lists": "- ",
    "tags": "<a ",
    "comments": "<!-- ",
    "entities": "&amp;",
    "headings": "## a\n",
    "prompts": "### a\nQ: b\nA: c\n",
    "fences": "```\n",
    "tables": "| $a|b$ | c |\n|---|---|\n",
    "table cells": "|",
    "backslashes": "\\",
    "references": "[a]: b\n",
    "lines of formulas": "$x$ a\n",
    "pictures in deletions": "{{c1::![a](x.svg)}} ",
    "deletions in pictures": "![{{c1::a}}](x.svg) ",
    "open pictures": "![a\n",
}
HEADERS = {
    "nesting": "tags: " + "[" * 50_000,
    "nested maps": "a: " + "{a: " * 20_000,
    "aliases": "a: &a [x]\n" + "b: [*a, *a, *a]\n" * 5_000,
    "keys": "\n".join(f"k{i}: v" for i in range(5_000)),
    "one long word": "topic: " + "a" * 90_000,
    "companies": f"companies: [{', '.join(f'c{i}' for i in range(5_000))}]",
}


def seconds_for(text: str) -> float:
    """Take a file through every stage; return the processor time it took."""
    start = time.process_time()
    answer, _ = parse(Fragment(text[:MAX_ANSWER_BYTES], "x.md"), "ml-theory", "x")
    drafted = draft(answer, CATALOG, {})
    list(advise(drafted))
    return time.process_time() - start


@pytest.mark.parametrize("piece", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("place", ["spoken", "cloze"])
def test_repeated_signs(piece: str, place: str) -> None:
    """A sign of our format, thousands of times over, takes about a second at the most."""
    old = "Bias is the error" if place == "spoken" else "C: Expected"
    hostile = piece * (30_000 // len(piece))
    assert seconds_for(GOOD.replace(old, old[:3] + hostile)) < 3


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_hostile_frontmatter(header: str) -> None:
    """YAML that nests, repeats itself or never ends takes about a second at the most."""
    assert seconds_for(f"---\n{header}\n---\n# q\n\na\n") < 3


@pytest.mark.parametrize(("language", "sign"), [("cpp", "//"), ("make", "a"), ("scala", "*")])
def test_a_long_block_of_code(language: str, sign: str) -> None:
    """Code on which Pygments takes the square of the time is shown plainly, or refused."""
    for size in (5_900, 25_000):
        code = f"## Long\n\n```{language}\n{sign * (size // len(sign))}\n```\n\n## Prompts"
        assert seconds_for(GOOD.replace("## Prompts", code)) < 3


def test_more_code_than_a_card_shows(mini: Path) -> None:
    """A block that no phone could show is an error at its fence."""
    file = mini / "ml-theory" / "bias-variance.md"
    text = file.read_text("utf-8")
    code = "x = 1\n" * 1_001
    file.write_text(text.replace("## Prompts", f"## Long\n\n```python\n{code}```\n\n## Prompts"))
    (problem,) = compile_cards(mini).problems
    assert str(problem).endswith(
        "this code has 6006 characters; a card shows 6000: cut it down [code-size]"
    )


def test_a_huge_file_is_not_read(mini: Path) -> None:
    """A file of 50 MB is refused after its first bytes."""
    with (mini / "ml-theory" / "huge.md").open("wb") as file:
        file.truncate(50_000_000)
    start = time.process_time()
    (problem,) = compile_cards(mini).problems
    assert problem.message == "the file is larger than 30 kB; split it"
    assert time.process_time() - start < 1


def test_a_large_record_is_read(mini: Path) -> None:
    """The record of a library of many thousand notes is longer than any answer may be."""
    lines = ["release 1.0.0", "library mini"]
    lines += [f"note answer-{i:06d} explain {'0' * 16} 1700000000" for i in range(20_000)]
    (mini / "released.txt").write_text("\n".join(lines), "utf-8")
    assert len(record.load(mini).notes) == 20_000


def test_links_in_a_circle_and_to_nowhere(mini: Path) -> None:
    """Symbolic links that lead nowhere or around are errors of their own."""
    (mini / "ml-theory" / "gone.md").symlink_to("nowhere.md")
    (mini / "ml-theory" / "round.md").symlink_to("round.md")
    (mini / "ml-theory" / "loop").symlink_to(".")
    found = {problem.path: problem.message for problem in compile_cards(mini).problems}
    assert found["cards/ml-theory/gone.md"].startswith("the file cannot be read")
    assert (
        "read" in found["cards/ml-theory/round.md"] or "itself" in found["cards/ml-theory/round.md"]
    )
    assert len(found) == 2
