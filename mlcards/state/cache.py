"""Keep what was made from the cards beside them, so that it need not be made again.

Nothing in it is ever needed: what is missing, damaged or made by other versions is made anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from mlcards.text import OutputError, held

WAITING = "another mlcards command is at work here; waiting for it to end"
_DAMAGED = "the cache in {} cannot be trusted and is thrown away; it is made again"

Store = MutableMapping[str, bytes]
"""Packed values by key: a Cache, or a dict that lasts for one run."""

_CLASSES = {
    ("mlcards.markdown.code", "Figure"),
    ("mlcards.text.diagnostics", "Diagnostic"),
    ("mlcards.markdown.job", "Formula"),
    ("mlcards.notes.draft", "Note"),
    ("mlcards.notes.curriculum", "Outline"),
    ("mlcards.notes.curriculum", "Place"),
    ("mlcards.text.fragment", "Fragment"),
}


# What says that the disk, and not what is on it, is at fault.
_NOT_DAMAGE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CANTOPEN")


def place(cards: Path) -> Path:
    """Return the folder for all that is kept of a cards folder: `build` beside it.

    Where nothing can be written there, it is a folder of the user's own cache.
    """
    library = os.path.realpath(cards)
    beside = Path(library).parent / "build"
    there = next(
        folder for folder in (beside / ".cache", beside, *beside.parents) if folder.exists()
    )
    if there.is_dir() and os.access(there, os.W_OK):
        return beside
    own = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - no home
    return Path(own, "mlcards", hashlib.sha256(os.fsencode(library)).hexdigest()[:16])


def _nothing(message: str) -> None:
    pass


@contextlib.contextmanager
def opened(cards: Path, tell: Callable[[str], object] = _nothing) -> Iterator[Store]:
    """Hold the cache of a cards folder, for one command at a time.

    It is a dict where there are no cards, or where nothing can be kept. ``tell`` is given a
    sentence where another command has to end first, and where a damaged cache is thrown away.
    """
    if not cards.is_dir():
        yield {}
        return
    folder = place(cards) / ".cache"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(folder, lambda: tell(WAITING)))
            store: Store = stack.enter_context(Cache.at(folder / "answers.db", tell))
        except (OutputError, OSError, sqlite3.Error):
            store = {}
        yield store


class Cache(Store):
    """Bytes by key in an SQLite file; what cannot be written or read is as if it were not there.

    Each value is bound to its key and to the folder, so that no copy or clone brings one along.
    """

    def __init__(self, connection: sqlite3.Connection, seal: bytes) -> None:
        self.connection = connection
        self.seal = seal
        self.damaged = False

    @classmethod
    @contextlib.contextmanager
    def at(cls, file: Path, tell: Callable[[str], object]) -> Iterator[Cache]:
        """Open the file, or a new one for one that is damaged; delete it if damage shows later."""
        damaged = _DAMAGED.format(file.parent)
        if file.is_symlink():  # to a file of somebody else
            file.unlink()
        try:
            connection = _connect(file)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            tell(damaged)
            file.unlink()
            connection = _connect(file)
        cache = cls(connection, seal(file.parent))
        try:
            yield cache
        finally:
            with contextlib.suppress(sqlite3.Error):  # no space: made again next time
                connection.commit()
            connection.close()
            if cache.damaged:
                tell(damaged)
                file.unlink(missing_ok=True)

    def __getitem__(self, key: str) -> bytes:
        for (value,) in self._do("SELECT value FROM kept WHERE key = ?", key):
            if isinstance(value, bytes) and value[:_BOUND] == self._bound(key, value[_BOUND:]):
                return value[_BOUND:]
            self.damaged = True
        raise KeyError(key)

    def __setitem__(self, key: str, value: bytes) -> None:
        bound = self._bound(key, value) + value
        self._do("INSERT OR REPLACE INTO kept VALUES (?, ?)", key, bound)

    def __delitem__(self, key: str) -> None:
        self._do("DELETE FROM kept WHERE key = ?", key)

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._do("SELECT key FROM kept") if isinstance(key, str))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _bound(self, key: str, value: bytes) -> bytes:
        mark = hashlib.blake2b(value, digest_size=_BOUND, key=self.seal)
        mark.update(key.encode())
        return mark.digest()

    def _do(self, statement: str, *values: str | bytes) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(statement, values).fetchall()
        except (sqlite3.Error, OverflowError, MemoryError) as error:
            self.damaged |= _is_damage(error)
            return []


_BOUND = 16
"""So many bytes bind a value to its key."""


def seal(folder: Path) -> bytes:
    """Return what a folder is known by on this machine, and nowhere else."""
    return str(folder.stat().st_ino).encode()


def _is_damage(error: Exception) -> bool:
    return not getattr(error, "sqlite_errorname", "").startswith(_NOT_DAMAGE)


def _connect(file: Path) -> sqlite3.Connection:
    # Packages are written by several threads, which take turns (sqlite3 is built «serialized»).
    connection = sqlite3.connect(file, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = OFF")  # a lost cache is made again
        connection.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB)")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def pack(value: object) -> bytes:
    """Return a value of our own plain types as bytes."""
    return zlib.compress(pickle.dumps(value, 5), 1)


def unpack(data: bytes) -> Any:
    """Return the value that was packed; raise some exception if the bytes are damaged."""
    return _Unpickler(io.BytesIO(zlib.decompress(data))).load()


def take(store: Store, key: str) -> Any:
    """Return the value kept under a key; raise KeyError if there is none or it is damaged."""
    try:
        return unpack(store[key])
    except Exception:
        raise KeyError(key) from None


class _Unpickler(pickle.Unpickler):
    """Makes our plain types only, so that a planted cache cannot run anything."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _CLASSES:
            raise pickle.UnpicklingError(f"{module}.{name}")
        return super().find_class(module, name)


@cache
def versions() -> str:
    """Return a hash of all code that turns answers into notes: ours, libraries, Python."""
    parts = [sys.version.encode()]
    for folder, folders, names in os.walk(Path(__file__).parents[1]):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        parts += [Path(folder, name).read_bytes() for name in sorted(names)]
    parts += map(os.fsencode, installed())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed() -> list[str]:
    """Return the name and version of each installed package."""
    names: set[str] = set()
    for folder in sys.path:
        with contextlib.suppress(OSError):
            found = os.listdir(folder or ".")  # noqa: PTH208 - quicker, for each command
            names.update(name for name in found if name.endswith("-info"))
    return sorted(names)
