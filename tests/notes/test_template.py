from __future__ import annotations

import re
from pathlib import Path

import pytest
from anki_collection import collection, import_package, note
from golden import DATA

from mlcards.compile.folder import compile_cards
from mlcards.notes import template
from mlcards.notes.selection import Selection
from mlcards.packages.build import build

CARDS = Path(__file__).parents[2] / "cards"


def bare(html: str) -> str:
    """Drop what only Anki's own page needs: the style, and the hidden copy of a deletion."""
    html = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    return re.sub(r' data-cloze="[^"]*"', "", html).strip()


@pytest.mark.parametrize("cards", [CARDS, DATA / "library"], ids=["cards", "mini"])
def test_cards_are_rendered_as_by_anki(cards: Path, tmp_path: Path) -> None:
    """The preview shows each side exactly as the real Anki renders it."""
    compiled = compile_cards(cards)
    package = next(build(compiled, Selection(), tmp_path / "build"))
    prefix = compiled.catalog.settings.name
    with collection(tmp_path / "learner") as learner:
        import_package(learner, package.file)
        for ours, fields in compiled.filled(compiled.notes):
            for card in note(learner, f"{prefix}/{ours.key}").cards():
                assert template.question(ours, fields, card.ord).strip() == bare(card.question())
                assert template.answer(ours, fields, card.ord).strip() == bare(card.answer())
