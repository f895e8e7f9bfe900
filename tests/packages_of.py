"""Build packages and return them as they are."""

from __future__ import annotations

from pathlib import Path

from mlcards.compile import compile_cards
from mlcards.notes import Selection
from mlcards.packages import build


def built(cards: Path, output: Path) -> dict[str, bytes]:
    list(build(compile_cards(cards), Selection(), output))
    return {str(f.relative_to(output)): f.read_bytes() for f in output.rglob("*.apkg")}
