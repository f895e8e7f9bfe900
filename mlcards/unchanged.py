"""Remember what a command found, and tell without reading a file whether that still holds.

Like git, it compares what the file system says of each file: size, times, number.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcards.cache import FOLDER, installed
from mlcards.output import OutputError, write

_CLOCK = 2_000_000_000
"""A file changed again within so many nanoseconds may look the same (FAT counts two seconds)."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that a command's result follows from, as it was when the command began."""

    text: str
    settled: bool
    """Whether each later change of a file will show."""


def look(cards: Path, *circumstances: object) -> State:
    """Look at the cards, at this tool and its libraries; name what else the result follows from.

    Raise OSError if the cards cannot be looked at.
    """
    now = time.time_ns()
    newest = 0
    lines = [sys.version, *installed(), *map(repr, circumstances)]
    for folder in (Path(__file__).parent, cards):
        for path, status in _files(os.fspath(folder)):
            newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
            lines.append(f"{path} {_stamp(status)}")
    return State("\n".join(lines), now - newest > _CLOCK)


def recall(command: str, state: State | None) -> Any:
    """Return what the command found in this state, or None if that is not known or out of date."""
    try:
        known = json.loads((FOLDER / f"{command}.json").read_bytes())
        if state and known["state"] == state.text:
            return known["found"] if known["outputs"] == _outputs(known["outputs"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def remember(command: str, state: State | None, found: object, outputs: Iterable[str] = ()) -> None:
    """Remember what the command found, for as long as the files it wrote stay as they are."""
    if state is None or not state.settled:
        return
    known = {"state": state.text, "outputs": _outputs(outputs), "found": found}
    with contextlib.suppress(OutputError, OSError):
        write(FOLDER / f"{command}.json", json.dumps(known).encode())


def _outputs(files: Iterable[str]) -> dict[str, str]:
    return {file: _stamp(Path(file).stat()) for file in files}


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


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
