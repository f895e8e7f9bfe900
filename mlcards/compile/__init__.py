"""A cards folder becomes the notes of all its answers, of which only what changed is rendered."""

from mlcards.compile.folder import Compiled, compile_cards

__all__ = [
    "Compiled",
    "compile_cards",
]
