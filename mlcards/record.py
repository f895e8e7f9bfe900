"""Remember what learners have: each released note's content and when it last changed.

Anki takes a note over only when its time of change is newer than the learner's, and then
replaces the learner's own edits. So a note keeps its time until its content changes.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlcards.catalog import Catalog
from mlcards.diagnostics import Diagnostic, InvalidAnswer
from mlcards.notes import Note, digest
from mlcards.notetypes import NoteType, note_types
from mlcards.revision import RECORD
from mlcards.source import Fragment, check_place, read

MAX_BYTES = 100_000_000

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
    decks: frozenset[str] = frozenset()
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
                types[kind] = Entry(kind, look, int(time), line=number)
            case "note", [_, key, kind, content, time, *more] if _is_time(time):
                holes = " ".join(word for word in more if ":" in word)
                notes[key] = Entry(kind, content, int(time), holes, "retired" in more, number)
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
    for kind, entry in sorted(record.types.items()):
        lines.append(f"notetype {kind} {record.schemas[kind]} {entry.hash} {entry.time}")
    for key, entry in sorted(record.notes.items()):
        words = ["note", key, entry.kind, entry.hash, str(entry.time), *entry.holes.split()]
        lines.append(" ".join([*words, "retired"] if entry.retired else words))
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


def renumbered(entry: Entry, note: Note, path: str) -> Iterator[Diagnostic]:
    """Yield an error for each deletion of a released cloze note that has another number now."""
    if entry.holes == note.holes:
        return
    before, after = (dict(map(_hole, one.holes.split())) for one in (entry, note))
    for old, new in moved_deletions(before, after):
        message = (
            f"what `c{old}` of `{note.key}` hid is `c{new}` now, and a learner's progress would "
            "pass to another question; give it its old number, and new deletions a new one"
        )
        yield Fragment("", path, *note.place).problem("renumbered", message)


def moved_deletions(old: Mapping[int, str], new: Mapping[int, str]) -> list[tuple[int, int]]:
    """Return the numbers, before and now, of deletions that hide the same under another number."""
    now = {hidden: number for number, hidden in new.items()}
    return [
        (number, now[hidden])
        for number, hidden in old.items()
        if hidden in now and new.get(number) != hidden
    ]


def _hole(word: str) -> tuple[int, str]:
    number, _, hidden = word.partition(":")
    return int(number), hidden


def _entry(old: Entry | None, kind: str, hash: str, now: int) -> Entry:
    if old is None:
        return Entry(kind, hash, now)
    return old if old.hash == hash else Entry(kind, hash, max(now, old.time + 1))


def _is_time(word: str) -> bool:
    return word.isascii() and word.isdecimal()
