"""Say what is wrong with an answer, where, and what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One problem at one place; lines and columns count from 1."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: str = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message} [{self.code}]"


class InvalidAnswer(Exception):
    """A file that a contributor must mend, with all that is wrong in it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` with up to three near names, or nothing."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(by_folded[name] for name in near)}?" if near else ""


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the diagnostics as a JSON list."""
    return json.dumps([asdict(d) for d in diagnostics], ensure_ascii=False, indent=2)
