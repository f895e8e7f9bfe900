"""Remember what learners have: each released note's content and when it last changed.

Anki takes a note over only when its time of change is newer than the learner's, and then
replaces the learner's own edits. So a note keeps its time until its content changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlcards.catalog import Catalog
from mlcards.diagnostics import Diagnostic, InvalidAnswer
from mlcards.notes import Note, digest
from mlcards.notetypes import NoteType, note_types
from mlcards.revision import RECORD
from mlcards.source import Fragment, read

MAX_BYTES = 100_000_000

_HEAD = "# What the last release gave to learners. Only `mlcards release` writes this file.\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """The content of a note or note type, and the second at which it last changed."""

    kind: str
    hash: str
    time: int
    line: int = 0
    """Where the entry stands in the file."""


@dataclass(frozen=True, slots=True)
class Record:
    """The last release; empty before the first."""

    version: str = ""
    library: str = ""
    """The prefix of every guid."""
    decks: frozenset[str] = frozenset()
    schemas: Mapping[str, str] = field(default_factory=dict)
    """A hash of the fields and templates of each kind of note type."""
    types: Mapping[str, Entry] = field(default_factory=dict)
    notes: Mapping[str, Entry] = field(default_factory=dict)


def load(folder: Path) -> Record:
    """Read the record of a cards folder; raise InvalidAnswer if it was damaged."""
    file = folder / RECORD
    if not file.exists():
        return Record()
    text = read(file, file.as_posix(), MAX_BYTES)
    version = library = ""
    decks: set[str] = set()
    schemas: dict[str, str] = {}
    types: dict[str, Entry] = {}
    notes: dict[str, Entry] = {}
    for number, line in enumerate(text.text.split("\n"), 1):
        match line.split(" ", 1)[0], line.split(" "):
            case "" | "#", _:
                pass
            case "release", [_, version]:
                pass
            case "library", [_, library]:
                pass
            case "deck", _:
                decks.add(line.removeprefix("deck "))
            case "notetype", [_, kind, schema, look, time] if _is_time(time):
                schemas[kind] = schema
                types[kind] = Entry(kind, look, int(time), number)
            case "note", [_, key, kind, content, time] if _is_time(time):
                notes[key] = Entry(kind, content, int(time), number)
            case _:
                message = "this line is damaged; restore the file from the last release"
                raise InvalidAnswer(Diagnostic(text.path, number, 1, "record", message))
    return Record(version, library, frozenset(decks), schemas, types, notes)


def renew(record: Record, catalog: Catalog, notes: Iterable[Note], now: int) -> Record:
    """Return the record as it would be were these notes released at the second ``now``."""
    kinds = note_types().values()
    root = catalog.settings.deck
    return Record(
        record.version,
        catalog.settings.name,
        frozenset(f"{root}::{area.name}" for area in catalog.areas.terms),
        {one.kind: schema(one) for one in kinds},
        {one.kind: _entry(record.types.get(one.kind), one.kind, look(one), now) for one in kinds},
        {n.key: _entry(record.notes.get(n.key), n.kind, content(n), now) for n in notes},
    )


def to_text(record: Record) -> str:
    """Return the text of the record's file."""
    lines = [f"release {record.version}", f"library {record.library}"]
    lines += sorted(f"deck {deck}" for deck in record.decks)
    for kind, entry in sorted(record.types.items()):
        lines.append(f"notetype {kind} {record.schemas[kind]} {entry.hash} {entry.time}")
    for key, entry in sorted(record.notes.items()):
        lines.append(f"note {key} {entry.kind} {entry.hash} {entry.time}")
    return _HEAD + "\n".join(lines) + "\n"


def content(note: Note) -> str:
    """Return a hash of what a learner sees of a note: its fields and tags."""
    return digest(note.hash, str(sorted((note.links or {}).items())))


def schema(kind: NoteType) -> str:
    """Return a hash of what must never change in a note type."""
    parts = (*kind.fields, kind.template)
    return digest(str(kind.id), *(f"{part.id} {part.name}" for part in parts))


def look(kind: NoteType) -> str:
    """Return a hash of what may change in a note type: its templates' HTML and its CSS."""
    return digest(kind.name, kind.front, kind.back, kind.css)


def vanished(record: Record, notes: Iterable[Note], path: str) -> list[Diagnostic]:
    """Return an error for each released key that is gone, or that is another kind of note now."""
    present = {note.key: note.kind for note in notes}
    problems = []
    for key, entry in record.notes.items():
        if key in present and present[key] != entry.kind:
            message = (
                f"`{key}` was released as {entry.kind} and is {present[key]} now, which Anki "
                "refuses to update; retire it and write the new one under an id of its own"
            )
            problems.append(Fragment("", path, entry.line).problem("vanished", message))
        elif key not in present:
            id, _, prompt = key.partition("/")
            where = f"its prompt `### {prompt}`" if prompt and id in present else f"`{id}.md`"
            message = (
                f"`{key}` was released and learners have it; bring back {where} and write "
                "`retired: <reason or the id that replaces it>` in it"
            )
            problems.append(Fragment("", path, entry.line).problem("vanished", message))
    return problems


def _entry(old: Entry | None, kind: str, hash: str, now: int) -> Entry:
    if old is None:
        return Entry(kind, hash, now)
    return old if old.hash == hash else Entry(kind, hash, max(now, old.time + 1))


def _is_time(word: str) -> bool:
    return word.isascii() and word.isdecimal()
