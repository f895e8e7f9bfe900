"""Compare two packages as Anki will when it imports the second over the first."""

from __future__ import annotations

import difflib
import json
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from html import unescape
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from mlcards.markdown import deletions
from mlcards.notes import RETIRED_TAG
from mlcards.record import moved_deletions


class NoPackage(Exception):
    """A file is no package that this tool wrote."""


@dataclass(frozen=True, slots=True)
class PackedNote:
    """A note as a package holds it."""

    type: str
    fields: Mapping[str, str]
    tags: frozenset[str]
    deck: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package holds: notes by guid, and the parts of each note type by its id."""

    notes: Mapping[str, PackedNote]
    types: Mapping[str, tuple[str, ...]]
    decks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two states of a note."""

    guid: str
    fields: Mapping[str, tuple[str, ...]]
    """For each changed field its lines, with ``-`` and ``+`` before what went and came."""
    tags: tuple[str, ...]
    """Tags that went (``-``) and came (``+``)."""
    deck: str
    """The new home deck, if it is another: cards that a learner has stay where they are."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import of the new package does to a learner who has the old one."""

    added: tuple[str, ...]
    changed: tuple[Change, ...]
    unchanged: int
    gone: tuple[str, ...]
    retired: tuple[str, ...]
    losses: tuple[str, ...]
    """Sentences on what a learner would lose."""


def contents(data: bytes) -> Contents:
    """Read a package; raise NoPackage if it is not one of ours."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            database = archive.read("collection.anki2")
            if any(name.startswith("collection.anki21") for name in archive.namelist()):
                raise KeyError  # exported by Anki: what we read would be a dummy
    except zlib.error:
        raise NoPackage("is damaged") from None
    except (zipfile.BadZipFile, KeyError):
        raise NoPackage("is no package that mlcards wrote") from None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "collection.anki2")
        file.write_bytes(database)
        connection = sqlite3.connect(file)
        try:
            return _read(connection)
        except (sqlite3.Error, TypeError, ValueError, KeyError):
            raise NoPackage("is damaged") from None
        finally:
            connection.close()


def diff(old: Contents, new: Contents) -> Difference:
    """Compare two packages."""
    common = sorted(old.notes.keys() & new.notes.keys())
    changes = [_change(guid, old.notes[guid], new.notes[guid]) for guid in common]
    changed = tuple(one for one in changes if one.fields or one.tags or one.deck)
    gone = tuple(sorted(old.notes.keys() - new.notes.keys()))
    retired = tuple(
        guid for guid in common if RETIRED_TAG in new.notes[guid].tags - old.notes[guid].tags
    )
    return Difference(
        added=tuple(sorted(new.notes.keys() - old.notes.keys())),
        changed=changed,
        unchanged=len(common) - len(changed),
        gone=gone,
        retired=retired,
        losses=tuple(_losses(old, new, gone)),
    )


def as_json(difference: Difference) -> str:
    """Return the difference as JSON."""
    return json.dumps(asdict(difference), ensure_ascii=False, indent=2)


def as_text(difference: Difference) -> str:
    """Return the difference for a terminal."""
    lines = [f"LOSS: {sentence}" for sentence in difference.losses]
    lines += [f"added    {guid}" for guid in difference.added]
    lines += [f"gone     {guid}" for guid in difference.gone]
    lines += [f"retired  {guid}" for guid in difference.retired]
    for change in difference.changed:
        lines.append(f"changed  {change.guid}")
        lines += [f"    {line}" for line in _details(change)]
    return "\n".join([*lines, _summary(difference)])


def as_markdown(difference: Difference) -> str:
    """Return the difference for a pull request or a release note."""
    lines = [f"**{_summary(difference)}**", ""]
    lines += [f"> **A learner would lose:** {sentence}" for sentence in difference.losses]
    for title, guids in (
        ("Added", difference.added),
        ("Gone", difference.gone),
        ("Retired", difference.retired),
    ):
        if guids:
            lines += ["", f"### {title}", "", *(f"- `{guid}`" for guid in guids)]
    if difference.changed:
        lines += ["", "### Changed"]
    for change in difference.changed:
        fence = "`" * 4
        lines += ["", f"`{change.guid}`", "", f"{fence}diff", *_details(change), fence]
    return "\n".join(lines)


def _read(connection: sqlite3.Connection) -> Contents:
    models, decks = connection.execute("select models, decks from col").fetchone()
    types: dict[str, dict[str, Any]] = {str(m["id"]): m for m in json.loads(models).values()}
    names = {int(id): deck["name"] for id, deck in json.loads(decks).items()}
    rows = connection.execute(
        "select guid, mid, tags, flds, min(did) from notes join cards on nid = notes.id "
        "group by notes.id"
    )
    notes = {}
    for guid, mid, tags, fields, did in rows:
        model = types[str(mid)]
        values = zip(model["flds"], fields.split("\x1f"), strict=True)
        notes[guid] = PackedNote(
            model["name"],
            {field["name"]: value for field, value in values},
            frozenset(tags.split()),
            names[did],
        )
    parts = {
        id: tuple(f"{part['name']} ({part.get('id')})" for part in (*m["flds"], *m["tmpls"]))
        for id, m in types.items()
    }
    return Contents(notes, parts, frozenset(note.deck for note in notes.values()))


def _change(guid: str, old: PackedNote, new: PackedNote) -> Change:
    fields = {
        name: tuple(_line_changes(old.fields.get(name, ""), new.fields.get(name, "")))
        for name in {**old.fields, **new.fields}
        if old.fields.get(name, "") != new.fields.get(name, "")
    }
    tags = [
        *(f"-{tag}" for tag in old.tags - new.tags),
        *(f"+{tag}" for tag in new.tags - old.tags),
    ]
    deck = new.deck if new.deck != old.deck else ""
    return Change(guid, fields, tuple(sorted(tags)), deck)


def _losses(old: Contents, new: Contents, gone: tuple[str, ...]) -> Iterator[str]:
    for guid in gone:
        yield f"`{guid}` has vanished without being retired; it will never be corrected again"
    for id, parts in old.types.items():
        if id in new.types and new.types[id] != parts:
            yield f"the fields or templates of note type {id} changed; Anki refuses its updates"
    for guid in sorted(old.notes.keys() & new.notes.keys()):
        if old.notes[guid].type != new.notes[guid].type:
            yield f"`{guid}` has another note type; Anki refuses its update"
        texts = (side.notes[guid].fields.get("Text", "") for side in (old, new))
        for number, now in moved_deletions(*map(deletions, texts)):
            yield f"`c{number}` of `{guid}` is `c{now}` now; progress passes to another question"
    for deck in sorted(old.decks - new.decks):
        moved = {
            new.notes[guid].deck
            for guid, note in old.notes.items()
            if note.deck == deck and guid in new.notes
        }
        if moved and not moved & old.decks:
            yield f"the deck «{deck}» is now «{min(moved)}»; new cards land in a second deck"


def _details(change: Change) -> Iterator[str]:
    if change.deck:
        yield f"deck: {change.deck}"
    for tag in change.tags:
        yield f"{tag[0]} tag {tag[1:]}"
    for name, lines in change.fields.items():
        yield f"{name}:"
        yield from lines


def _line_changes(old: str, new: str) -> Iterator[str]:
    """Yield the lines of text that went and came; of HTML only if the text is the same."""
    before, after = _text(old), _text(new)
    if before == after:
        before, after = old.split("\n"), new.split("\n")
    for line in islice(difflib.unified_diff(before, after, lineterm="", n=0), 2, None):
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def _text(html: str) -> list[str]:
    broken = re.sub(r"</(?:p|li|tr|h\d|summary|div|pre)>|<br>", "\n", html)
    lines = unescape(re.sub(r"<[^>]*>", "", broken)).split("\n")
    return [line.strip() for line in lines if line.strip()]


def _summary(difference: Difference) -> str:
    return (
        f"{len(difference.added)} added, {len(difference.changed)} changed, "
        f"{difference.unchanged} unchanged, {len(difference.gone)} gone, "
        f"{len(difference.retired)} retired"
    )
