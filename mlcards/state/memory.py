"""Remember what a command found, and tell without reading a file whether that still holds.

Like git, it compares what the file system says of each file: size, times, number.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcards.state.cache import installed, place
from mlcards.text import OutputError, stamp, write

_CLOCK = 2_000_000_000
"""A file changed again within so many nanoseconds may look the same (FAT counts two seconds)."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a command's result follows from, as it was when the command began."""

    text: str
    settled: bool
    """Whether each later change of a file will show."""
    memory: Path
    """The folder that remembers what was found."""


def look(cards: Path, *circumstances: object) -> State:
    """Look at the cards, at this tool and its libraries; name what else the result follows from.

    Raise OSError if the cards cannot be looked at.
    """
    now = time.time_ns()
    newest = 0
    lines = [sys.version, *installed(), *map(repr, circumstances)]
    for folder in (Path(__file__).parents[1], cards):
        for path, status in _files(os.fspath(folder)):
            newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
            lines.append(f"{path}\0{stamp(status)}")
    memory = place(cards) / ".cache"
    return State("\n".join(lines), now - newest > _CLOCK, memory)


def changes(before: State, cards: Path) -> list[str]:
    """Return the files that have changed since a command began."""
    try:
        after = look(cards)
    except OSError as error:
        return [str(error.filename)]
    different = {*before.text.split("\n")} ^ {*after.text.split("\n")}
    return sorted({file for file, sign, _ in (one.partition("\0") for one in different) if sign})


def recall(command: str, state: State | None) -> Any:
    """Return what the command found in this state, or None if that is not known or out of date."""
    if state is None:
        return None
    with contextlib.suppress(OSError):
        mark, _, text = (state.memory / f"{command}.json").read_bytes().partition(b"\n")
        if mark != _mark(text):
            return None
        known = json.loads(text)
        if known["state"] == state.text and known["outputs"] == _outputs(known["outputs"]):
            return known["found"]
    return None


def remember(command: str, state: State | None, found: object, outputs: Iterable[str] = ()) -> None:
    """Remember what the command found, for as long as the files it wrote stay as they are."""
    if state is None or not state.settled:
        return
    known = {"state": state.text, "outputs": _outputs(outputs), "found": found}
    text = json.dumps(known).encode()
    with contextlib.suppress(OutputError, OSError):
        write(state.memory / f"{command}.json", _mark(text) + b"\n" + text)


def _mark(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


def _outputs(files: Iterable[str]) -> dict[str, str]:
    return {file: stamp(Path(file).stat()) for file in files}


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            else:
                yield entry.path, entry.stat(follow_symlinks=False)
                if entry.is_symlink():
                    with contextlib.suppress(OSError):  # it leads nowhere
                        yield entry.path, entry.stat()
