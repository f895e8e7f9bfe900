"""New cards come in the order in which each thing builds on the one before."""

from __future__ import annotations

import shutil
from pathlib import Path

from mlcards.checks import advise_library
from mlcards.compile import compile_cards

CURRICULUM = Path("cards/curriculum.yaml")
ANSWER = Path("cards/ml-theory/bias-variance.md")


def add(id: str, old: str = "", new: str = "") -> None:
    """Add an answer like the first one, with something replaced."""
    text = ANSWER.read_text("utf-8").replace("core_for: [data-scientist]\n", "")
    assert old in text
    ANSWER.with_name(f"{id}.md").write_text(text.replace(old, new), "utf-8")


def order() -> list[str]:
    return [one.id for one in compile_cards(Path("cards")).outlines if one.id != "auc"]


def test_the_written_curriculum_goes_before_the_alphabet(mini: Path) -> None:
    """What is listed comes as listed, what is not comes after the last one of its topic."""
    for id in ("b", "c", "d"):
        add(id)
    add("hard", "difficulty: easy", "difficulty: hard")
    add("other", "topic: generalization", "topic: evaluation-metrics")
    CURRICULUM.write_text("ml-theory: [c, other, b]\n", "utf-8")
    assert order() == ["bias-variance", "c", "other", "b", "d", "hard"]


def test_the_core_comes_first_in_its_area(mini: Path) -> None:
    """What a role must not skip goes before all else, whatever the curriculum says."""
    add("a")
    CURRICULUM.write_text("ml-theory: [a, bias-variance]\n", "utf-8")
    assert order() == ["bias-variance", "a"]


def test_the_curriculum_names_answers(mini: Path) -> None:
    """A wrong id, a wrong area and a line that stands twice are errors at their place."""
    CURRICULUM.write_text("ml-theory:\n  - bias-varience\n  - auc\nml-coding: []\n", "utf-8")
    found = [str(one) for one in compile_cards(mini).problems]
    assert found == [
        "cards/curriculum.yaml:2:5: there is no answer `bias-varience`; did you mean "
        "bias-variance? [curriculum]",
        "cards/curriculum.yaml:3:5: `auc` is no answer of `ml-theory`; move the line below its "
        "area [curriculum]",
    ]


def test_what_the_curriculum_leaves_out_is_advice(mini: Path) -> None:
    """`check` names the answers that come only at the end of their topic."""
    CURRICULUM.write_text("ml-theory: [bias-variance]\n", "utf-8")
    assert advice() == [
        "cards/ml-coding/auc.md:1:1: advice: this answer comes at the end of its topic; list it "
        "in curriculum.yaml [untaught]"
    ]


def test_a_core_larger_than_three_weeks_is_advice(mini: Path) -> None:
    """`check` says when a track's core has grown past what can be learned."""
    for number in range(41):
        shutil.copy(ANSWER, ANSWER.with_name(f"core-{number}.md"))
    assert advice() == [
        "cards/taxonomy.yaml:1:1: advice: the core of `data-scientist` has 42 answers; 40 can be "
        "learned [core-size]"
    ]


def advice() -> list[str]:
    compiled = compile_cards(Path("cards"))
    found = advise_library(compiled.outlines, compiled.catalog, compiled.folder)
    return [str(one) for one in found if one.code != "similar"]
