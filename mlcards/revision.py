"""Tell which state of the cards is built, and its time."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

RECORD = "released.txt"
"""Written by a release, from the cards: no change of them."""


class UnusableTime(Exception):
    """The time of a build cannot be told, or would make Anki refuse later updates."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The state of a cards folder: its commit, if it is in git, and its time."""

    commit: str
    """The short hash, or nothing outside git."""
    changed: bool
    """Whether files differ from the commit."""
    time: int
    """Seconds since 1970."""

    def __str__(self) -> str:
        if not self.commit:
            return "built from a folder without git"
        return f"built from commit {self.commit}{' with later changes' if self.changed else ''}"


def revision(folder: Path) -> Revision:
    """Look at the cards folder and tell its time.

    That is SOURCE_DATE_EPOCH where it is set, else the time of the commit, else (changed files,
    no git) of the newest change among the files. Raise UnusableTime for one in the future.
    """
    commit, _, committed = _git(folder, "log", "-1", "--format=%h %ct", "--abbrev=10").partition(
        " "
    )
    changed = bool(commit) and bool(
        _git(folder, "status", "--porcelain", "--", ".", f":(exclude){RECORD}")
    )
    if found := epoch():
        return Revision(commit, changed, found)
    seconds = int(committed) if commit and not changed else _newest(folder)
    if seconds > time.time():
        what = f"of commit {commit}" if commit and not changed else "of the newest file"
        raise UnusableTime(f"the time {what} lies in the future; set the clock right")
    return Revision(commit, changed, seconds)


def epoch() -> int | None:
    """Return SOURCE_DATE_EPOCH, or None; raise UnusableTime if it is no second of the past."""
    word = os.environ.get("SOURCE_DATE_EPOCH")
    if not word:
        return None
    if not word.isdecimal() or not 0 < int(word) <= time.time():
        raise UnusableTime(f"SOURCE_DATE_EPOCH={word} is not a second between 1970 and now")
    return int(word)


def _git(folder: Path, *words: str) -> str:
    """Return what git prints, or nothing where there is no git, repository or commit.

    Raise UnusableTime where git refuses to read a repository that is there.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
            check=False,
        )
    except OSError:
        return ""
    if done.returncode == 0:
        return done.stdout.strip()
    if any(usual in done.stderr for usual in ("not a git repository", "any commits yet")):
        return ""
    reason = (done.stderr.strip().splitlines() or ["it ended without a word"])[0]
    raise UnusableTime(f"git cannot tell the state of {folder}: {reason}")


def _newest(folder: Path) -> int:
    files = (
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name != RECORD
    )
    return max((int(file.stat().st_mtime) for file in files if file.is_file()), default=0)
