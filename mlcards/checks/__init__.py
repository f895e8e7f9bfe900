"""Answers and Notes become Diagnostics: errors, and advice that does not fail."""

from mlcards.checks.advice import advise, advise_library
from mlcards.checks.names import check, drawn_once, figures, related, retired, taught, unproven

__all__ = [
    "advise",
    "advise_library",
    "check",
    "drawn_once",
    "figures",
    "related",
    "retired",
    "taught",
    "unproven",
]
