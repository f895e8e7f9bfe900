from __future__ import annotations

from pathlib import Path

import pytest
from golden import cases

from mlcards.compile.folder import compile_cards

FILE = Path("cards/ml-theory/answer.md")


def problems_of(text: str) -> str:
    """Return what is said of an answer file in the small library, without its path."""
    FILE.write_text(text, "utf-8")
    found = [str(p) for p in compile_cards(Path("cards")).problems if p.path == str(FILE)]
    return "\n".join(line.removeprefix(f"{FILE}:") for line in found)


@pytest.mark.parametrize(
    ("text", "expected"), [pytest.param(*case[1:], id=case[0]) for case in cases("errors.md", 2)]
)
def test_catalog(text: str, expected: str, mini: Path) -> None:
    """A broken file gets exactly the places and sentences that the catalog shows."""
    assert problems_of(text) == expected
