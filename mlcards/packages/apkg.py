"""Write a package as an Anki .apkg file: the same content gives the same bytes.

Notes pass through one at a time, so that a package may be larger than memory.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import genanki

from mlcards.compile import Compiled
from mlcards.history import Record
from mlcards.library import Settings
from mlcards.notes import Fields, Note, NoteType, note_types
from mlcards.packages.layout import Package

_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
# Note and card ids are milliseconds since 1970 and may not lie in the future; these are of 2017 on.
_FIRST_ID = 1_500_000_000_000
_ID_RANGE = 200_000_000_000


def write(
    file: Path,
    package: Package,
    compiled: Compiled,
    descriptions: Mapping[str, str],
    record: Record,
) -> None:
    """Write the .apkg file of a package, beside it for a while its database.

    ``record`` knows when each note and note type last changed. Raise OSError or sqlite3.Error.
    """
    database = file.with_name(f"{file.name}-notes")
    try:
        with closing(sqlite3.connect(database)) as connection:
            # Nothing is lost by a crash: the database lives only as long as this call.
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            _fill(connection.cursor(), package, compiled, descriptions, record)
            connection.commit()
        with database.open("r+b") as stream:
            stream.seek(96)
            stream.write(bytes(4))  # the version of the SQLite library that wrote it
        names = sorted({name for note in package.notes for name in note.media})
        index = json.dumps({str(i): name for i, name in enumerate(names)})
        with zipfile.ZipFile(file, "w") as archive:
            _add(archive, "collection.anki2", database)
            archive.writestr(_member("media"), index)
            for i, name in enumerate(names):
                archive.writestr(_member(str(i)), compiled.picture(name))
    finally:
        database.unlink(missing_ok=True)


def _fill(
    cursor: sqlite3.Cursor,
    package: Package,
    compiled: Compiled,
    descriptions: Mapping[str, str],
    record: Record,
) -> None:
    settings = compiled.catalog.settings
    preset = _preset(settings)
    types = {
        kind: _Model(one, settings, record.types[kind].time) for kind, one in note_types().items()
    }
    seen: set[int] = set()

    def made(members: Iterable[Note]) -> Iterator[_Note]:
        for note, fields in compiled.filled(members):
            guid = f"{record.library}/{note.key}"
            yield _Note(note, fields, types[note.kind], guid, record.notes[note.key].time, seen)

    notes: dict[str, list[Note]] = {package.notes[0].deck.split("::")[0]: []}
    for note in package.notes:
        notes.setdefault(note.deck, []).append(note)
    decks = []
    for name, members in notes.items():
        used = dict.fromkeys(note.kind for note in members)
        models = map(types.__getitem__, used)
        decks.append(_Deck(name, descriptions[name], preset["id"], models, made(members)))
    genanki.Package(decks).write_to_db(cursor, 0, count(1))
    (presets,) = cursor.execute("SELECT dconf FROM col").fetchone()
    presets = {**json.loads(presets), str(preset["id"]): preset}
    cursor.execute("UPDATE col SET dconf = ?", [json.dumps(presets)])


def _preset(settings: Settings) -> dict[str, Any]:
    """Return the options of our decks, which Anki takes over where the learner asks for them.

    The form is that of DeckConfSchema11 in rslib/src/deckconfig/schema11.rs of ankitects/anki.
    """
    return {
        "id": _small_id(f"{settings.name} preset"),
        "name": settings.deck,
        "mod": 0,
        "usn": 0,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 1,
        "replayq": True,
        "new": {
            "bury": True,
            "delays": [1, 10],
            "initialFactor": 2500,
            "ints": [1, 4, 0],
            "order": 1,
            "perDay": 15,
        },
        "rev": {
            "bury": True,
            "ease4": 1.3,
            "hardFactor": 1.2,
            "ivlFct": 1,
            "maxIvl": 36500,
            "perDay": 200,
        },
        "lapse": {"delays": [10], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0},
        "newGatherPriority": 1,  # ascending position
        "newSortOrder": 1,  # as gathered
    }


class _Deck(genanki.Deck):  # type: ignore[misc]
    """A deck that makes each note as it is written."""

    def __init__(
        self,
        name: str,
        description: str,
        preset: int,
        models: Iterable[_Model],
        notes: Iterable[_Note],
    ) -> None:
        super().__init__(_id(name), name, description)
        self.preset = preset
        for model in models:
            self.add_model(model)
        self.made = notes

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "conf": self.preset}

    def write_to_db(self, cursor: sqlite3.Cursor, timestamp: float, id_gen: Iterator[int]) -> None:
        super().write_to_db(cursor, timestamp, id_gen)
        for note in self.made:
            note.write_to_db(cursor, timestamp, self.deck_id, id_gen)


class _Model(genanki.Model):  # type: ignore[misc]
    """A note type with its own time of change and with ids on fields and templates."""

    # The first field is never empty, so that every note has its card; Anki does not use this.
    _req = [[0, "any", [0]]]  # noqa: RUF012

    def __init__(self, kind: NoteType, settings: Settings, time: int) -> None:
        own = f"{settings.name}/{kind.kind}"
        parts = [{"name": part.name, "id": _small_id(f"{own}/{part.key}")} for part in kind.fields]
        template = {
            "name": kind.template.name,
            "id": _small_id(f"{own}#{kind.template.key}"),
            "qfmt": kind.front,
            "afmt": kind.back,
        }
        super().__init__(
            _small_id(own),
            f"{settings.deck} {kind.template.name}",
            fields=parts,
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

    def __init__(
        self, note: Note, fields: Fields, model: _Model, guid: str, time: int, seen: set[int]
    ) -> None:
        super().__init__(model, list(fields), tags=note.tags, guid=guid, due=note.position)
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


def _add(archive: zipfile.ZipFile, name: str, file: Path) -> None:
    info = _member(name)
    info.file_size = file.stat().st_size  # tells zipfile whether 32 bits are enough
    with file.open("rb") as source, archive.open(info, "w") as member:
        shutil.copyfileobj(source, member, 1 << 20)


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    # Two thirds of the time of the default level for 12 % more bytes; ZipFile.open reads it.
    info._compresslevel = 1  # type: ignore[attr-defined]
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _free(name: str, seen: set[int]) -> int:
    id = _FIRST_ID + _id(name) % _ID_RANGE
    while id in seen:
        id += 1
    seen.add(id)
    return id


def _small_id(name: str) -> int:
    """Return an id in the range that genanki asks for; two libraries share none."""
    return (1 << 30) + _id(name) % (1 << 30)


def _id(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:6]) + 2
