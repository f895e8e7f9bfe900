from __future__ import annotations

from pathlib import Path

import pytest

from mlcards.checks import advise_library
from mlcards.compile.folder import compile_cards

FILE = Path("cards/ml-theory/bias-variance.md")
SPOKEN = "one that\nfollows the noise."


def advice(old: str, new: str) -> list[str]:
    """Return the advice on an edited answer, without its path."""
    text = FILE.read_text("utf-8")
    assert old in text
    FILE.write_text(text.replace(old, new), "utf-8")
    compiled = compile_cards(Path("cards"))
    assert not compiled.problems
    found = [one for outline in compiled.outlines for one in outline.advice]
    found += advise_library(compiled.outlines, compiled.catalog, compiled.folder)
    return [str(one).removeprefix(f"{FILE}:") for one in found if one.path == str(FILE)]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "Bias is",
            "Bias is" + " long" * 140,
            "14:1: advice: the spoken answer has 163 words; "
            "60 to 150 can be said in a minute [spoken-length]",
        ),
        (
            "- irreducible noise\n",
            "- irreducible noise\n- cross-validation picks complexity\n",
            "20:3: advice: the spoken answer does not say this "
            "(compl, cross, picks, valid…) [unsaid]",
        ),
        (
            "where $\\sigma^2$",
            "word " * 900 + "where $\\sigma^2$",
            "12:3: advice: this shows 983 words; easy asks for 900 at the most [shown-length]",
        ),
        (
            "- irreducible noise\n",
            "",
            "19:1: advice: points in the checklist: 2; four to six can be graded [checklist-length]",
        ),
        (
            "### bagging-lowers\nQ: Which part of the error does bagging lower?\nA: The variance.\n",
            "",
            "12:3: advice: prompts: 1; four to eight cover an answer [prompt-count]",
        ),
        (
            "A: The variance.",
            "A:" + " word" * 26,
            "59:4: advice: this back has 26 words; say it in 25, or split it [back-length]",
        ),
        (
            "def squared_bias",
            "x = 1\n" * 40 + "def squared_bias",
            "40:1: advice: more than 40 lines of code are shown from here; shorten it [code-length]",
        ),
        (
            "def squared_bias(mean, truth):",
            f"def squared_bias(mean, truth):  # {'x' * 30}",
            "40:61: advice: this line has 64 columns; a phone shows 60 [code-width]",
        ),
        (
            "where $\\sigma^2$ is the noise.\n\n| model | bias $|b|$ |",
            "| model | bias |",
            "26:1: advice: name each symbol below the formula: where $x$ is … [symbols]",
        ),
        (
            "Q: Which part of the error does bagging lower?",
            "Q: Which part of an error does the bagging lower?\nA: x\n\n### twin\n"
            "Q: Which part of the error does bagging lower?",
            "61:5: advice: this asks nearly the same as `bias-variance/bagging-lowers`; "
            "ask something else or relate it [similar]",
        ),
    ],
)
def test_advice(old: str, new: str, expected: str, mini: Path) -> None:
    """Advice names the limit that an answer leaves, at its place."""
    before = advice("---\n", "---\n")
    assert expected in set(advice(old, new)) - set(before)


def similar() -> str:
    """Return the advice on fronts that are nearly the same."""
    compiled = compile_cards(Path("cards"))
    found = advise_library(compiled.outlines, compiled.catalog, compiled.folder)
    return "\n".join(str(one) for one in found if one.code == "similar")


def test_related_answers_may_ask_nearly_the_same(mini: Path) -> None:
    """Two answers that name each other may have similar fronts."""
    text = FILE.read_text("utf-8")
    assert "related: [auc]" in text
    twin = FILE.with_name("twin.md")
    twin.write_text(text, "utf-8")
    assert "bias-variance" in similar()
    FILE.write_text(text.replace("related: [auc]", "related: [auc, twin]"), "utf-8")
    twin.write_text(text.replace("related: [auc]", "related: []"), "utf-8")
    assert similar() == ""
    twin.write_text(text.replace("related: [auc]", "related: [bias-variance]"), "utf-8")
    FILE.write_text(text, "utf-8")
    assert similar() == ""
