"""Put files in their place whole or not at all."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = ".mlcards-unfinished-"


class OutputError(Exception):
    """A file cannot be written; the message says which and why."""


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder if need be and hold it for one process at a time; raise OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY) if fcntl else -1
    except OSError as error:
        raise _failed(folder, error) from None
    try:
        if fcntl:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if fcntl:
            os.close(handle)


@contextlib.contextmanager
def output_folder(folder: Path, names: Iterable[str]) -> Iterator[None]:
    """Hold the output folder for one build at a time.

    Clear what a killed build left of the files of these names (paths below the folder).
    """
    with held(folder):
        try:
            for file in (folder / name for name in names):
                for unfinished in file.parent.glob(f"{_UNFINISHED}*-{file.name}*"):
                    unfinished.unlink(missing_ok=True)
            yield
        except OSError as error:
            raise _failed(folder, error) from None


def write(file: Path, data: bytes) -> None:
    """Write a file beside its place and rename it; raise OutputError, with nothing changed."""
    with writing(file) as unfinished:
        unfinished.write_bytes(data)


@contextlib.contextmanager
def writing(file: Path) -> Iterator[Path]:
    """Give the place beside a file where to write it, and rename it when that is done.

    Names that begin with the place's own may be used too. Raise OutputError, with nothing changed.
    """
    unfinished = file.with_name(f"{_UNFINISHED}{os.getpid()}-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        yield unfinished
        unfinished.replace(file)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise _failed(file, error) from None


def _failed(path: Path, error: OSError | sqlite3.Error) -> OutputError:
    reason = error.strerror if isinstance(error, OSError) else error
    return OutputError(f"{path} cannot be written: {reason}; what was there is unchanged")
