"""Answers and Notes become Diagnostics: errors, and advice that does not fail."""

from mlcards.checks.advice import advise, similar
from mlcards.checks.names import check, drawn_once, figures, related, retired

__all__ = [
    "advise",
    "check",
    "drawn_once",
    "figures",
    "related",
    "retired",
    "similar",
]
