"""The answers in cards/: no problems, code that runs, figures that are up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlcards.compile import compile_cards
from mlcards.library import load
from mlcards.run import Run, run_all

CARDS = Path(__file__).parents[1] / "cards"
LIBRARY = load(CARDS)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    cache = CARDS.parent / "build" / ".tested"
    return {run.answer.id: run for run in run_all(LIBRARY.answers, cache)}


def test_no_problems() -> None:
    """`mlcards check` finds nothing in the published answers."""
    assert compile_cards(CARDS).problems == ()


@pytest.mark.parametrize("id", [answer.id for answer in LIBRARY.answers])
def test_code_runs(id: str, runs: dict[str, Run]) -> None:
    """The answer's Python passes in a clean process with warnings as errors."""
    assert runs[id].problem is None
