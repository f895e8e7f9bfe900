"""The answers are those of the inventory of questions, and claim no more than it does."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from golden import DATA

from mlcards.compile.folder import compile_cards
from mlcards.library.answer import Answer
from mlcards.library.catalog import Terms
from mlcards.library.folder import load
from mlcards.notes.coverage import coverage
from mlcards.text.fragment import Fragment

ROOT = Path(__file__).parents[2]
LIBRARY = load(ROOT / "cards")
INVENTORY = {
    entry["id"]: entry
    for entry in yaml.safe_load((DATA / "questions.yaml").read_text("utf-8"))["questions"]
}


def ids(words: tuple[Fragment, ...], terms: Terms) -> list[str]:
    return sorted(term.id for word in words if (term := terms.find(word.text)))


def test_every_question_has_its_answer() -> None:
    """All 130 questions of the inventory are answered."""
    assert INVENTORY.keys() <= {answer.id for answer in LIBRARY.answers}
    assert len(INVENTORY) == 130


INVENTORIED = [answer for answer in LIBRARY.answers if answer.id in INVENTORY]


@pytest.mark.parametrize("answer", INVENTORIED, ids=lambda answer: answer.id)
def test_answer_is_as_in_the_inventory(answer: Answer) -> None:
    """Area, companies, topic, tracks, difficulty and question are those of the inventory."""
    entry = INVENTORY[answer.id]
    lists = LIBRARY.catalog
    assert answer.area == entry["area"]
    article = tuple(one.name for one in answer.companies if one.source.text == "lee2024")
    assert ids(article, lists.companies) == sorted(c.lower() for c in entry["companies"])
    assert ids((answer.topic,), lists.topics) == [entry["topic"]]
    assert ids(answer.tracks, lists.tracks) == sorted(entry["tracks"])
    assert ids(answer.core_for, lists.tracks) == sorted(entry["core_for"])
    assert answer.difficulty.text == entry["difficulty"]
    assert answer.question.text == entry["question"]


def test_related_answers_name_each_other() -> None:
    """Whom an answer names as related names it too; near-duplicates always do."""
    related = {one.id: {str(id) for id in one.related} for one in LIBRARY.answers}
    for id, others in related.items():
        if entry := INVENTORY.get(id):
            near = {*entry["near_duplicates"], *entry["related"]}
            assert near & related.keys() <= others, id
        for other in others:
            assert id in related[other], (id, other)


def test_the_readme_counts_right() -> None:
    """The README's table is what `mlcards list --coverage` prints."""
    compiled = compile_cards(ROOT / "cards")
    table = coverage(compiled.notes, compiled.catalog)
    assert table in (ROOT / "README.md").read_text("utf-8")
