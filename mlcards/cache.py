"""Keep what was made from the cards under build/, so that it need not be made again.

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
from collections.abc import Iterator, MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from mlcards.output import OutputError, held

FOLDER = Path("build/.cache")

Store = MutableMapping[str, bytes]
"""Packed values by key: a Cache, or a dict that lasts for one run."""

_CLASSES = {
    ("mlcards.code", "Figure"),
    ("mlcards.diagnostics", "Diagnostic"),
    ("mlcards.markdown", "Formula"),
    ("mlcards.notes", "Note"),
    ("mlcards.outline", "Outline"),
    ("mlcards.source", "Fragment"),
}


@contextlib.contextmanager
def opened(folder: Path = FOLDER) -> Iterator[Store]:
    """Hold the cache, for one command at a time; a dict where the folder cannot be used."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(folder))
            store: Store = stack.enter_context(Cache.at(folder / "answers.db"))
        except (OutputError, OSError, sqlite3.Error):
            store = {}
        yield store


class Cache(Store):
    """Bytes by key in an SQLite file; what cannot be written or read is as if it were not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.damaged = False

    @classmethod
    @contextlib.contextmanager
    def at(cls, file: Path) -> Iterator[Cache]:
        """Open the file, or a new one for one that is damaged; delete it if damage shows later."""
        try:
            connection = _connect(file)
        except sqlite3.DatabaseError:
            file.unlink()
            connection = _connect(file)
        cache = cls(connection)
        try:
            yield cache
        finally:
            with contextlib.suppress(sqlite3.Error):  # no space: made again next time
                connection.commit()
            connection.close()
            if cache.damaged:
                file.unlink(missing_ok=True)

    def __getitem__(self, key: str) -> bytes:
        for (value,) in self._do("SELECT value FROM kept WHERE key = ?", key):
            return bytes(value)
        raise KeyError(key)

    def __setitem__(self, key: str, value: bytes) -> None:
        self._do("INSERT OR REPLACE INTO kept VALUES (?, ?)", key, value)

    def __delitem__(self, key: str) -> None:
        self._do("DELETE FROM kept WHERE key = ?", key)

    def __iter__(self) -> Iterator[str]:
        return (key for (key,) in self._do("SELECT key FROM kept"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _do(self, statement: str, *values: str | bytes) -> list[tuple[Any, ...]]:
        try:
            return self.connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            self.damaged |= error.sqlite_errorname == "SQLITE_CORRUPT"
            return []


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
    """Return a value of our own plain types as bytes with a checksum."""
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
    for folder, folders, names in os.walk(Path(__file__).parent):
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
