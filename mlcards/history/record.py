"""Remember what learners have: each released note's content and when it last changed.

Anki takes a note over only when its time of change is newer than the learner's, and then
replaces the learner's own edits. So a note keeps its time until its content changes.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlcards.library import ID, Catalog
from mlcards.notes import KINDS, Note, NoteType, digest, note_types, said
from mlcards.state import RECORD
from mlcards.text import Diagnostic, Fragment, InvalidAnswer, check_place, read

MAX_BYTES = 100_000_000

VERSION = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.(?:0|[1-9][0-9]{0,8})){2}")
_TIME = re.compile(r"[1-9][0-9]{0,9}")
_HASH = re.compile(r"[0-9a-f]{16}")
_KEY = re.compile(rf"{ID.pattern}(?:/{ID.pattern})?")
_HOLE = re.compile(r"[1-9][0-9]?:[0-9a-f]{8}")

_ALIKE = 0.6
"""So much of the prompts of an answer, or of an id, is the same in one that was renamed."""

_MANY = 100_000
"""So many pairs of keys are no rename, and would take seconds to compare."""

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
        dict.fromkeys(_decks(catalog), 0),
        dict.fromkeys(_tags(catalog), 0),
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


def identity(record: Record, catalog: Catalog, path: str) -> Iterator[Diagnostic]:
    """Yield an error for each name by which Anki or a learner knows the library and that is gone.

    Such a name is the prefix of the guids, a deck, a tag or a field or template of a note type.
    """

    def problem(line: int, message: str) -> Diagnostic:
        return Fragment("", path, line).problem("identity", message)

    if not record.version:
        return
    if record.library != catalog.settings.name:
        message = (
            f"`name: {record.library}` begins the guid of every released note; undo the change"
        )
        yield problem(1, message)
    present = set(_decks(catalog))
    for deck, line in record.decks.items():
        if deck not in present:
            message = f"the deck «{deck}» is no longer there; Anki matches decks by name: "
            yield problem(line, message + "undo the rename")
    present = set(_tags(catalog))
    for tag, line in record.tags.items():
        if tag not in present:
            _, kind, word = tag.split("::")
            message = f"learners have the tag `{tag}`; bring back `{word}` in taxonomy.yaml, or "
            message += f"write `tag: {word}` at the {kind} that was renamed"
            yield problem(line, message)
    for kind, one in note_types().items():
        if kind in record.schemas and record.schemas[kind] != schema(one):
            message = f"fields or templates of note type {kind} changed; Anki would refuse all "
            yield problem(record.types[kind].line, message + "updates; undo the change")


def renamed(record: Record, notes: Iterable[Note]) -> dict[str, str]:
    """Return the new key of each released answer or prompt that seems to have been renamed.

    It is gone, and something new looks like it: an answer has most of the prompts, or nearly
    the id; a prompt hides the same, or nearly has the id.
    """
    present = {note.key: note for note in notes}
    gone = [key for key in record.notes if key not in present]
    new = [key for key in present if key not in record.notes] if gone else []
    if len(gone) * len(new) > _MANY:
        return {}
    found: dict[str, str] = {}
    before, now = _prompts(record.notes), _prompts(present)
    for key in gone:
        id, _, prompt = key.partition("/")
        if not prompt:
            near = {other: _likeness(id, other, before, now) for other in new if "/" not in other}
        elif id in present:
            entry = record.notes[key]
            near = {
                other: 1.0
                if entry.holes and entry.holes == present[other].holes
                else _ratio(prompt, other.partition("/")[2])
                for other in new
                if other.startswith(f"{id}/") and present[other].kind == entry.kind
            }
        else:
            continue
        best = max(near, key=near.__getitem__, default="")
        if best and near[best] >= _ALIKE:
            found[key] = best
            new.remove(best)
    return found


def _likeness(
    old: str, new: str, before: Mapping[str, set[str]], now: Mapping[str, set[str]]
) -> float:
    prompts = before.get(old, set())
    shared = len(prompts & now.get(new, set())) / len(prompts) if prompts else 0
    return max(shared, _ratio(old, new))


def _ratio(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old, new).ratio()


def _prompts(keys: Iterable[str]) -> dict[str, set[str]]:
    prompts: dict[str, set[str]] = {}
    for key in keys:
        id, slash, prompt = key.partition("/")
        if slash:
            prompts.setdefault(id, set()).add(prompt)
    return prompts


def vanished(
    record: Record,
    notes: Iterable[Note],
    instead: Mapping[str, str],
    paths: Mapping[str, str],
    path: str,
) -> list[Diagnostic]:
    """Return an error for each released key that is gone, or that is another kind of note now.

    ``instead`` is what was renamed, ``paths`` are the files of the answers, ``path`` is that of
    the record.
    """
    present = {note.key: note for note in notes}
    problems = []
    for key, entry in record.notes.items():
        id, _, prompt = key.partition("/")
        place = Fragment("", path, entry.line)
        if new := instead.get(key):
            place = Fragment("", paths[new.partition("/")[0]], *present[new].place)
            name = f"### {prompt}" if prompt else f"{id}.md"
            message = (
                f"this was released as `{key}` and learners have it; undo the rename: call it "
                f"`{name}` again, or, if it is something else, bring back `{name}` as well, with "
                "`retired: <reason or the id that replaces it>` in it"
            )
        elif prompt and id in instead:
            continue  # comes back with the name of its file
        elif key in present and present[key].kind != entry.kind:
            message = (
                f"`{key}` was released as {entry.kind} and is {present[key].kind} now, which Anki "
                "refuses to update; retire it and write the new one under an id of its own"
            )
        elif key not in present:
            where = f"its prompt `### {prompt}`" if prompt and id in present else f"`{id}.md`"
            message = (
                f"`{key}` was released and learners have it; bring back {where} and write "
                "`retired: <reason or the id that replaces it>` in it"
            )
        else:
            continue
        problems.append(place.problem("vanished", message))
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


def _decks(catalog: Catalog) -> Iterator[str]:
    return (catalog.deck(area.id) for area in catalog.areas.terms)


def _tags(catalog: Catalog) -> Iterator[str]:
    for terms in (catalog.areas, catalog.topics, catalog.companies, catalog.tracks):
        yield from (catalog.settings.tag(terms.kind, term.tag) for term in terms.terms)
