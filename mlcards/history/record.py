"""Remember what learners have: each released note's content and when it last changed.

Anki takes a note over only when its time of change is newer than the learner's, and then
replaces the learner's own edits. So a note keeps its time until its content changes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlcards.library import ID, Catalog
from mlcards.notes import KINDS, Note, NoteType, digest, note_types, said
from mlcards.state import RECORD
from mlcards.text import Diagnostic, InvalidAnswer, check_place, read

MAX_BYTES = 100_000_000

VERSION = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}")
_TIME = re.compile(r"[1-9][0-9]{0,9}")
_HASH = re.compile(r"[0-9a-f]{16}")
_KEY = re.compile(rf"{ID.pattern}(?:/{ID.pattern})?")
_HOLE = re.compile(r"[1-9][0-9]?:[0-9a-f]{8}")


# What a line begins with; `schema` is a part of the line of a note type.
_PARTS = ("release", "library", "deck", "tag", "schema", "notetype", "note")

_HEAD = "# What the last release gave to learners. Only `mlcards release` writes this file.\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a note or note type, and the second at which it last changed."""

    kind: str
    hash: str
    time: int
    holes: str = ""
    """As in Note."""
    retired: bool = False
    line: int = 0
    """Where the entry stands in the file."""


@dataclass(frozen=True, slots=True)
class Record:
    """The last release; empty before the first."""

    version: str = ""
    library: str = ""
    """The prefix of every guid."""
    decks: Mapping[str, int] = field(default_factory=dict)
    """The line of each deck."""
    tags: Mapping[str, int] = field(default_factory=dict)
    """The line of each tag that the taxonomy gives: ``company::amazon``."""
    schemas: Mapping[str, str] = field(default_factory=dict)
    """A hash of the fields and templates of each kind of note type."""
    types: Mapping[str, Entry] = field(default_factory=dict)
    notes: Mapping[str, Entry] = field(default_factory=dict)


def load(folder: Path) -> Record:
    """Read the record of a cards folder; raise InvalidAnswer if it was damaged."""
    file = folder / RECORD
    if not os.path.lexists(file):
        return Record()
    check_place(file, folder.resolve())
    text = read(file, file.as_posix(), MAX_BYTES)
    found: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
    for number, line in enumerate(text.text.split("\n"), 1):
        if line and not line.startswith("#") and not _add_line(found, number, *line.split(" ")):
            message = "this line is damaged; restore the file from the last release"
            raise InvalidAnswer(Diagnostic(text.path, number, 1, "record", message))
    if not found["release"] or not found["library"]:
        message = "the lines of `release` or `library` are missing; restore the file"
        raise InvalidAnswer(Diagnostic(text.path, 1, 1, "record", message))
    return Record(
        "".join(found["release"]),
        "".join(found["library"]),
        decks=found["deck"],
        tags=found["tag"],
        schemas=found["schema"],
        types=found["notetype"],
        notes=found["note"],
    )


def _add_line(found: dict[str, dict[str, Any]], number: int, what: str, *words: str) -> bool:
    """Add a line of the file to what was found; return False if it is damaged."""
    value: object = number
    match what, words:
        case ("release", [key]) if VERSION.fullmatch(key) and not found[what]:
            pass
        case ("library", [key]) if ID.fullmatch(key) and not found[what]:
            pass
        case "deck", [*_, last] if last:
            key = " ".join(words)
        case ("tag", [key]) if key.count("::") == 2:
            pass
        case "notetype", [key, hash, *more] if key in KINDS and _HASH.fullmatch(hash):
            found["schema"][key] = hash
            value = _entry_of(key, more, number)
        case "note", [key, kind, *more] if kind in KINDS and _KEY.fullmatch(key):
            value = _entry_of(kind, more, number)
        case _:
            return False
    if value is None or key in found[what]:
        return False
    found[what][key] = value
    return True


def _entry_of(kind: str, words: list[str], line: int) -> Entry | None:
    """Return the entry of a line, or None if its words are no hash, time and deletions."""
    match words:
        case [hash, time, *holes] if _HASH.fullmatch(hash) and _TIME.fullmatch(time):
            retired = holes[-1:] == ["retired"]
            holes = holes[:-1] if retired else holes
            if all(map(_HOLE.fullmatch, holes)):
                return Entry(kind, hash, int(time), " ".join(holes), retired, line)
    return None


def renew(record: Record, catalog: Catalog, notes: Iterable[Note], now: int) -> Record:
    """Return the record as it would be were these notes released at the second ``now``."""
    kinds = note_types().values()
    return Record(
        record.version,
        catalog.settings.name,
        dict.fromkeys(deck_names(catalog), 0),
        dict.fromkeys(tag_names(catalog), 0),
        {one.kind: schema(one) for one in kinds},
        {one.kind: _entry(record.types.get(one.kind), one.kind, look(one), now) for one in kinds},
        {
            note.key: replace(
                _entry(record.notes.get(note.key), note.kind, content(note), now),
                holes=note.holes,
                retired=bool(note.retired),
            )
            for note in notes
        },
    )


def to_text(record: Record) -> str:
    """Return the text of the record's file."""
    lines = [f"release {record.version}", f"library {record.library}"]
    lines += sorted(f"deck {deck}" for deck in record.decks)
    lines += sorted(f"tag {tag}" for tag in record.tags)
    for kind, entry in sorted(record.types.items()):
        lines.append(f"notetype {kind} {record.schemas[kind]} {entry.hash} {entry.time}")
    for key, entry in sorted(record.notes.items()):
        words = ["note", key, entry.kind, entry.hash, str(entry.time), *entry.holes.split()]
        lines.append(" ".join([*words, "retired"] if entry.retired else words))
    return _HEAD + "\n".join(lines) + "\n"


def content(note: Note) -> str:
    """Return a hash of what a note says to a learner: its fields and tags."""
    links = sorted((note.links or {}).items())
    return digest(note.hash, *(f"{name} {said(html)}" for name, html in links))


def schema(kind: NoteType) -> str:
    """Return a hash of what must never change in a note type."""
    parts = (*kind.fields, kind.template)
    return digest(kind.kind, *(f"{part.key} {part.name}" for part in parts))


def look(kind: NoteType) -> str:
    """Return a hash of what may change in a note type: its templates' HTML and its CSS."""
    return digest(kind.front, kind.back, kind.css)


def _entry(old: Entry | None, kind: str, hash: str, now: int) -> Entry:
    if old is None:
        return Entry(kind, hash, now)
    return old if old.hash == hash else Entry(kind, hash, max(now, old.time + 1))


def deck_names(catalog: Catalog) -> Iterator[str]:
    """Return the names of the areas' decks."""
    return (catalog.deck(area.id) for area in catalog.areas.terms)


def tag_names(catalog: Catalog) -> Iterator[str]:
    """Return the tags that the taxonomy gives."""
    for terms in (catalog.areas, catalog.topics, catalog.companies, catalog.tracks):
        yield from (catalog.settings.tag(terms.kind, term.tag) for term in terms.terms)
