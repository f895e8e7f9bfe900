"""Compare two packages as Anki will when it imports the second over the first."""

from __future__ import annotations

import difflib
import json
import re
import sqlite3
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from html import unescape
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

from mlcards.history.record import moved_deletions
from mlcards.markdown import deletions
from mlcards.notes import RETIRED

MAX_GROWTH = 200
"""So many times as large as in its package may a database be; ours are 10 times as large."""

_MAX_VALUE = 50_000_000  # bytes of a field, or of the note types together
_MANY_LINES = 2_000
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
    remarks: tuple[str, ...]
    """Sentences on what else is worth knowing."""


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


def diff(old: Contents, new: Contents) -> Difference:
    """Compare two packages."""
    common = sorted(old.notes.keys() & new.notes.keys())
    changes = [_change(guid, old.notes[guid], new.notes[guid]) for guid in common]
    changed = tuple(one for one in changes if one.fields or one.tags or one.deck)
    gone = tuple(sorted(old.notes.keys() - new.notes.keys()))
    retired = tuple(
        guid
        for guid in common
        if any(tag.endswith(f"::{RETIRED}") for tag in new.notes[guid].tags - old.notes[guid].tags)
    )
    return Difference(
        added=tuple(sorted(new.notes.keys() - old.notes.keys())),
        changed=changed,
        unchanged=len(common) - len(changed),
        gone=gone,
        retired=retired,
        losses=tuple(_losses(old, new, gone)),
        remarks=tuple(_remarks(old, new, changed)),
    )


def as_json(difference: Difference) -> str:
    """Return the difference as JSON."""
    return json.dumps(asdict(difference), ensure_ascii=False, indent=2)


def as_text(difference: Difference) -> str:
    """Return the difference for a terminal."""
    lines = [f"LOSS: {sentence}" for sentence in difference.losses]
    lines += [f"note: {sentence}" for sentence in difference.remarks]
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
    lines += [f"> {sentence}" for sentence in difference.remarks]
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
    for id, kind in old.types.items():
        if id in new.types and new.types[id].parts != kind.parts:
            yield f"the fields or templates of note type {id} changed; Anki refuses its updates"
    for guid in sorted(old.notes.keys() & new.notes.keys()):
        if old.notes[guid].type != new.notes[guid].type:
            yield f"`{guid}` has another note type; Anki refuses its update"
        texts = (side.notes[guid].fields.get("Text", "") for side in (old, new))
        for number, now in moved_deletions(*map(deletions, texts)):
            yield f"`c{number}` of `{guid}` is `c{now}` now; progress passes to another question"
    yield from _renamed_decks(old, new)


def _renamed_decks(old: Contents, new: Contents) -> Iterator[str]:
    moved: dict[str, set[str]] = {}
    for guid, note in old.notes.items():
        if guid in new.notes:
            moved.setdefault(note.deck, set()).add(new.notes[guid].deck)
    for deck in sorted(moved.keys() - new.decks):
        if not moved[deck] & old.decks:
            yield f"the deck «{deck}» is now «{min(moved[deck])}»; new cards land in a second deck"


def _remarks(old: Contents, new: Contents, changed: Iterable[Change]) -> Iterator[str]:
    """Anki takes a note or note type over only where NEW's is newer than OLD's."""
    if _is_older(old, new):
        yield "NEW is older than OLD; did you mean it the other way round?"
    kept = [one for one in changed if new.notes[one.guid].time <= old.notes[one.guid].time]
    if kept:
        yield f"Anki keeps OLD's text of {len(kept)} of the changed notes: NEW's is not newer"
    for id, kind in old.types.items():
        if id in new.types and new.types[id].look != kind.look:
            newer = new.types[id].time > kind.time
            what = "replaces that of OLD" if newer else "is not newer, so Anki keeps OLD's"
            yield f"the style or the templates of «{kind.name}» differ; NEW's {what}"


def _is_older(old: Contents, new: Contents) -> bool:
    """Tell whether times went back only, or all that is gone is newer than all that is there."""
    pairs = [(old.notes[guid].time, new.notes[guid].time) for guid in old.notes.keys() & new.notes]
    pairs += [(old.types[id].time, new.types[id].time) for id in old.types.keys() & new.types]
    gone = [note.time for guid, note in old.notes.items() if guid not in new.notes]
    if any(before < now for before, now in pairs):
        return False
    newest = max((note.time for note in new.notes.values()), default=0)
    return any(before > now for before, now in pairs) or min(gone, default=0) > newest


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
    if len(before) + len(after) > _MANY_LINES:  # comparing takes their product
        yield from (f"- {line}" for line in before)
        yield from (f"+ {line}" for line in after)
        return
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
