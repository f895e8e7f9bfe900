"""Read a package that may come from anywhere, with limits, and say what is wrong with it."""

from __future__ import annotations

import json
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

MAX_GROWTH = 200
"""So many times as large as in its package may a database be; ours are 10 times as large."""
_MAX_VALUE = 50_000_000  # bytes of a field, or of the note types together
_ENCRYPTED = 1  # a bit of a member's flags
_NOT_UNDERSTOOD = (
    zipfile.BadZipFile,
    zlib.error,
    sqlite3.Error,
    struct.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


class NoPackage(Exception):
    """A file is no package that this tool wrote."""


@dataclass(frozen=True, slots=True)
class PackedNote:
    """A note as a package holds it."""

    type: str
    fields: Mapping[str, str]
    tags: frozenset[str]
    deck: str
    time: int


@dataclass(frozen=True, slots=True)
class PackedType:
    """A note type as a package holds it."""

    name: str
    fields: tuple[str, ...]
    parts: tuple[str, ...]
    """Its fields and templates with the ids by which Anki follows them."""
    look: str
    """Its style and templates."""
    time: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What a package holds: notes by guid, note types by id."""

    notes: Mapping[str, PackedNote]
    types: Mapping[str, PackedType]
    decks: frozenset[str]


def contents(package: Path | BytesIO) -> Contents:
    """Read a package; raise NoPackage if it is not one of ours, OSError if it cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "collection.anki2")
        _unpack(package, file)
        with closing(_open(file)) as connection:
            return _read(connection)


def _unpack(package: Path | BytesIO, file: Path) -> None:
    """Write a package's database to a file, having looked at its size."""
    with _understood("is no package that mlcards wrote"), zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        (member,) = (one for one in archive.infolist() if one.filename == "collection.anki2")
        exported = any(name.startswith("collection.anki21") for name in names)
    if exported:
        raise NoPackage("is no package that mlcards wrote: Anki exported it")
    if member.flag_bits & _ENCRYPTED:
        raise NoPackage("is encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NoPackage("is packed in a way that mlcards does not use")
    if member.file_size > max(MAX_GROWTH * member.compress_size, 1_000_000):
        raise NoPackage(f"is damaged: {member.compress_size} bytes become {member.file_size}")
    with file.open("wb") as target, zipfile.ZipFile(package) as archive:
        pieces = _pieces(archive, member)
        for piece in pieces:
            target.write(piece)


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member piece by piece; a database begins as each does."""
    with _understood("is damaged"), archive.open(member) as source:
        piece = source.read(1 << 20)
        if not piece.startswith(b"SQLite format 3\0"):
            raise NoPackage("is damaged: its notes are no database")
        while piece:
            yield piece
            piece = source.read(1 << 20)


def _open(file: Path) -> sqlite3.Connection:
    """Open a database of which nothing is trusted: it is only read, and runs nothing."""
    connection = sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    return connection


@contextmanager
def _understood(message: str) -> Iterator[None]:
    """Raise NoPackage with a message where bytes are not as they are in a package of ours."""
    try:
        yield
    except NoPackage:
        raise
    except (OSError, *_NOT_UNDERSTOOD) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise NoPackage(message) from None


def _read(connection: sqlite3.Connection) -> Contents:
    with _understood("is damaged: its tables are not those of a package"):
        _check_tables(connection)
    with _understood("is damaged: its note types and decks cannot be read"):
        models, decks = connection.execute("select models, decks from col").fetchone()
        kinds = {_text_of(m["id"]): _type(m) for m in _loaded(models).values()}
        names = {int(id): _text_of(deck["name"]) for id, deck in _loaded(decks).items()}
    with _understood("is damaged: its notes cannot be read"):
        homes: dict[int, int] = {}
        for nid, did in connection.execute("select nid, did from cards"):
            homes[nid] = min(homes.get(nid, did), did)
        notes = {}
        for id, guid, mid, time, tags, values in connection.execute(
            "select id, guid, mid, mod, tags, flds from notes"
        ):
            kind = kinds[str(mid)]
            fields = zip(kind.fields, values.split("\x1f"), strict=True)
            notes[_text_of(guid)] = PackedNote(
                kind.name,
                {name: _text_of(value) for name, value in fields},
                frozenset(_text_of(tags).split()),
                names[homes[id]],
                int(time),
            )
    return Contents(notes, kinds, frozenset(note.deck for note in notes.values()))


def _check_tables(connection: sqlite3.Connection) -> None:
    """Raise ValueError unless what is read from are plain tables: no views, nothing computed."""
    for table in ("col", "notes", "cards"):
        query = "select type, sql from sqlite_master where name = ?"
        ((what, statement),) = connection.execute(query, (table,)).fetchall()
        columns = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
        plain = statement.split(None, 2)[1].casefold() == "table"
        if what != "table" or not plain or any(hidden for *_, hidden in columns):
            raise ValueError(table)


def _type(model: Mapping[str, Any]) -> PackedType:
    parts = (*model["flds"], *model["tmpls"])
    look = [model["css"], *((part["qfmt"], part["afmt"]) for part in model["tmpls"])]
    return PackedType(
        _text_of(model["name"]),
        tuple(_text_of(field["name"]) for field in model["flds"]),
        tuple(f"{_text_of(part['name'])} ({part.get('id')})" for part in parts),
        json.dumps(look),
        int(model["mod"]),
    )


def _loaded(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError(text[:20])
    return found


def _text_of(value: object) -> str:
    """Return a text or number as text that a terminal may be given."""
    if not isinstance(value, str | int):
        raise TypeError(type(value).__name__)
    return _UNPRINTABLE.sub("\ufffd", str(value))
