"""Say what is wrong with an answer, where, and what to write instead."""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from mlcards.text.rules import ADVICE, ERRORS

# Control characters but for line ends, marks that turn the direction, bytes that are no UTF-8.
_UNPRINTABLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LARGEST_SOURCE = 1_000_000
# What no line of the file can show.
_OF_THE_WHOLE_FILE = frozenset(
    "area duplicate-id image-kind image-size outside unread unreadable".split()
)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One problem at one place; lines and columns count from 1."""

    path: str
    line: int
    column: int
    code: str
    message: str
    severity: str = "error"
    """``error`` or ``advice``."""

    def __post_init__(self) -> None:
        assert self.code in (ERRORS if self.severity == "error" else ADVICE), self.code

    def __str__(self) -> str:
        sort = "" if self.severity == "error" else f"{self.severity}: "
        path = self.path.replace("\n", "\\n")
        message = f"{path}:{self.line}:{self.column}: {sort}{self.message} [{self.code}]"
        return printable(message)


class InvalidAnswer(Exception):
    """A file that a contributor must mend, with all that is wrong in it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics


def printable(text: str) -> str:
    """Return a text with what a terminal would obey or could not show written as an escape."""
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean …?`` with up to three near names, or nothing."""
    by_folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), by_folded, n=3, cutoff=0.6)
    return f"; did you mean {' or '.join(by_folded[name] for name in near)}?" if near else ""


def as_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the diagnostics for a terminal, each with its line and a caret below the place."""
    lines = cache(source_lines)
    return "\n".join(f"{one}{_excerpt(one, lines(one.path))}" for one in diagnostics)


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the diagnostics as a JSON list."""
    return printable(json.dumps([asdict(d) for d in diagnostics], ensure_ascii=False, indent=2))


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the diagnostics as commands that GitHub shows on the changed lines."""
    return "\n".join(
        f"::{'error' if one.severity == 'error' else 'notice'} file={_escaped(one.path, ',:')},"
        f"line={one.line},col={one.column},title={one.code}::{_escaped(one.message)}"
        for one in diagnostics
    )


FORMATS = {"text": as_text, "json": as_json, "github": as_github}


def _excerpt(one: Diagnostic, lines: list[str], width: int = 90) -> str:
    if (
        one.code in _OF_THE_WHOLE_FILE
        or not 1 <= one.line <= len(lines)
        or not lines[one.line - 1].strip()
    ):
        return ""
    start = max(0, one.column - width // 2) if one.column > width - 10 else 0
    shown = lines[one.line - 1][start : start + width]
    shown = _UNPRINTABLE.sub(lambda match: " " if match[0] == "\t" else "�", shown)
    return f"\n    {shown}\n    {' ' * (one.column - 1 - start)}^"


def source_lines(path: str) -> list[str]:
    """Return the lines of a file that a diagnostic names, or none if it cannot be read.

    Links are not followed: what they lead to may be no file of the library.
    """
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_SOURCE:
            return []
        return Path(path).read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError):
        return []


def _escaped(text: str, more: str = "") -> str:
    for sign in f"%\r\n{more}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return printable(text)
