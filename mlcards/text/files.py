"""Put files in their place whole or not at all, and take away only what was put there."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_UNFINISHED = ".mlcards-unfinished-"

Ledger = Mapping[str, str]
"""Names of files below a folder, each with the stamp that it had when it was written."""


class OutputError(Exception):
    """A file cannot be written; the message says which and why."""


def _silent() -> None:
    pass


@contextlib.contextmanager
def held(folder: Path, waiting: Callable[[], object] = _silent) -> Iterator[None]:
    """Make the folder if need be and hold it for one process at a time; raise OutputError.

    ``waiting`` is called where another process holds it.
    """
    handle = -1
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if fcntl:
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if handle >= 0:
            os.close(handle)
        raise failed(folder, error) from None
    try:
        yield
    finally:
        if fcntl:
            os.close(handle)


@contextlib.contextmanager
def output_folder(
    folder: Path, names: Iterable[str], waiting: Callable[[], object] = _silent
) -> Iterator[None]:
    """Hold the output folder for one build at a time.

    Clear what a killed build left of the files of these names (paths below the folder).
    """
    with held(folder, waiting):
        try:
            for file in (folder / name for name in names):
                for unfinished in file.parent.glob(f"{_UNFINISHED}*-{file.name}*"):
                    unfinished.unlink(missing_ok=True)
            yield
        except OSError as error:
            raise failed(folder, error) from None


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
    except BaseException as error:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        if isinstance(error, OSError | sqlite3.Error):
            raise failed(file, error) from None
        raise


def read_ledger(file: Path) -> Ledger:
    """Return what was written before; nothing if there is no ledger that can be read."""
    try:
        found = json.loads(file.read_bytes())
        return {str(name): str(mark) for name, mark in found.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}


def write_ledger(file: Path, ledger: Ledger) -> None:
    """Note which files are ours; raise OutputError."""
    write(file, json.dumps(ledger, indent=1, sort_keys=True).encode())


def stamps(folder: Path, names: Iterable[str]) -> Ledger:
    """Return the ledger of files that were just written; raise OSError."""
    return {name: stamp((folder / name).stat()) for name in names}


def clear(folder: Path, ledger: Ledger, kept: Iterable[str]) -> None:
    """Delete what the ledger names and is not kept; raise OSError.

    A file that anything has touched since it was written is somebody else's, and stays.
    """
    for name in ledger.keys() - set(kept):
        file = folder / name
        parts = Path(name).parts
        if ".." in parts or file.is_absolute() != folder.is_absolute():
            continue
        if any((folder / Path(*parts[:i])).is_symlink() for i in range(1, len(parts) + 1)):
            continue
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            status = file.lstat()
            if stat.S_ISREG(status.st_mode) and stamp(status) == ledger[name]:
                file.unlink()


def stamp(status: os.stat_result) -> str:
    """Return what shows each change of a file: its size, times and number."""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def failed(path: Path, error: OSError | sqlite3.Error) -> OutputError:
    """Return the error that says why something cannot be written."""
    reason = error.strerror or error if isinstance(error, OSError) else error
    return OutputError(f"{path} cannot be written: {reason}; what was there is unchanged")
