"""Hide a part of a formula: `$\\hat w = {{c1::(X^\\top X)^{-1}}} X^\\top y$`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(r"\{\{c([1-9][0-9]?)::")


@dataclass(frozen=True, slots=True)
class Hole:
    """A deletion inside a formula: where it begins and ends, and its parts."""

    start: int
    end: int
    number: int
    hidden: str
    hint: str


def holes(tex: str) -> Iterator[Hole]:
    """Yield the deletions of a formula; one ends at the `}}` outside of all braces of TeX."""
    position = 0
    while match := _OPENING.search(tex, position):
        end = _end(tex, match.end())
        if end < 0:
            return
        hidden, _, hint = tex[match.end() : end].partition("::")
        yield Hole(match.start(), end + 2, int(match[1]), hidden, hint)
        position = end + 2


def side(tex: str, hidden: bool) -> str:
    """Return the formula as a card shows it, its deletions hidden or not."""
    for hole in reversed(tuple(holes(tex))):
        shown = f"[{hole.hint or '...'}]" if hidden else hole.hidden
        tex = tex[: hole.start] + shown + tex[hole.end :]
    return tex


def blanked(tex: str) -> str:
    """Return the formula without the signs of its deletions, each thing at its place."""
    for hole in holes(tex):
        opening = len(f"{{{{c{hole.number}::")
        rest = " " * (hole.end - hole.start - opening - len(hole.hidden))
        tex = tex[: hole.start] + " " * opening + hole.hidden + rest + tex[hole.end :]
    return tex


def _end(tex: str, start: int) -> int:
    depth = 0
    i = start
    while i < len(tex):
        if tex[i] == "\\":
            i += 1
        elif tex[i] == "{":
            depth += 1
        elif tex[i] == "}" and depth:
            depth -= 1
        elif tex.startswith("}}", i):
            return i
        i += 1
    return -1
