"""Write a package as an Anki .apkg file: the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import genanki

from mlcards.notes import Note
from mlcards.notetypes import NoteType, note_types
from mlcards.packages import Package
from mlcards.record import Record

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Note and card ids are milliseconds since 1970 and may not lie in the future; these are of 2017 on.
_FIRST_ID = 1_500_000_000_000
_ID_RANGE = 200_000_000_000


def to_bytes(
    package: Package,
    descriptions: Mapping[str, str],
    media: Mapping[str, Path],
    record: Record,
) -> bytes:
    """Return the .apkg file of a package.

    ``media`` maps the names of pictures to files; ``record`` knows when each note and note
    type last changed.
    """
    types = {kind: _Model(one, record.types[kind].time) for kind, one in note_types().items()}
    decks: dict[str, genanki.Deck] = {}
    root = package.notes[0].deck.split("::")[0]
    for name in (root, *dict.fromkeys(note.deck for note in package.notes)):
        decks[name] = genanki.Deck(_id(name), name, descriptions[name])
    seen: set[int] = set()
    for note in package.notes:
        guid = f"{record.library}/{note.key}"
        time = record.notes[note.key].time
        decks[note.deck].add_note(_Note(note, types[note.kind], guid, time, seen))
    names = sorted({name for note in package.notes for name in note.media})
    members = {"collection.anki2": _database(list(decks.values()))}
    members["media"] = json.dumps({str(i): name for i, name in enumerate(names)}).encode()
    for i, name in enumerate(names):
        members[str(i)] = media[name].read_bytes()
    return _zip(members)


class _Model(genanki.Model):  # type: ignore[misc]
    """A note type with its own time of change and with ids on fields and templates."""

    # The first field is never empty, so that every note has its card; Anki does not use this.
    _req = [[0, "any", [0]]]  # noqa: RUF012

    def __init__(self, kind: NoteType, time: int) -> None:
        template = {
            "name": kind.template.name,
            "id": kind.template.id,
            "qfmt": kind.front,
            "afmt": kind.back,
        }
        super().__init__(
            kind.id,
            kind.name,
            fields=[{"name": part.name, "id": part.id} for part in kind.fields],
            templates=[template],
            css=kind.css,
            model_type=self.CLOZE if kind.is_cloze else self.FRONT_BACK,
        )
        self.time = time

    def to_json(self, timestamp: float, deck_id: int) -> dict[str, Any]:
        data: dict[str, Any] = super().to_json(self.time, deck_id)
        return data


class _Note(genanki.Note):  # type: ignore[misc]
    """A note with its own time of change, and ids that follow from its guid."""

    def __init__(self, note: Note, model: _Model, guid: str, time: int, seen: set[int]) -> None:
        super().__init__(model, list(note.fields), tags=note.tags, guid=guid, due=note.position)
        self.time = time
        self.ids = [_free(guid, seen), *(_free(f"{guid}#{ord}", seen) for ord in note.cards)]
        self.ords = note.cards

    @property
    def cards(self) -> list[genanki.Card]:
        return [genanki.Card(ord) for ord in self.ords]

    def _check_invalid_html_tags_in_fields(self) -> None:
        """Skip genanki's search for bad HTML: fields come from our renderer, and it is slow."""

    def write_to_db(
        self, cursor: sqlite3.Cursor, timestamp: float, deck_id: int, id_gen: Iterator[int]
    ) -> None:
        super().write_to_db(cursor, self.time, deck_id, iter(self.ids))


def _database(decks: list[genanki.Deck]) -> bytes:
    connection = sqlite3.connect(":memory:")
    try:
        genanki.Package(decks).write_to_db(connection.cursor(), 0, count(1))
        connection.commit()
        data = bytearray(connection.serialize())
    finally:
        connection.close()
    data[96:100] = bytes(4)  # the version of the SQLite library that wrote it
    return bytes(data)


def _zip(members: Mapping[str, bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return stream.getvalue()


def _free(name: str, seen: set[int]) -> int:
    id = _FIRST_ID + _id(name) % _ID_RANGE
    while id in seen:
        id += 1
    seen.add(id)
    return id


def _id(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) + 2
