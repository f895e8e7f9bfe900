"""Tell which state of the cards is built, and its time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

RECORD = "released.txt"
"""Written by a release, from the cards: no change of them."""

_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "protocol.allow=never",  # a partial clone fetches nothing meanwhile
)
_NO_FILTER = ("clean=", "smudge=", "process=", "required=false")
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
# What says where the user's own settings of git are.
_INHERITED = (
    "HOME USERPROFILE SYSTEMROOT XDG_CONFIG_HOME "
    "GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM GIT_CONFIG_NOSYSTEM"
).split()


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
    head = _git(folder, "log", "-1", "--no-show-signature", "--format=%h %ct", "--abbrev=10")
    commit, _, committed = head.partition(" ")
    changed = bool(commit) and bool(_git(folder, *_status(folder)))
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
    digits = word.isascii() and word.isdecimal() and len(word) < 20
    if not digits or not 0 < int(word) <= time.time():
        shown = word if len(word) < 40 else f"{word[:40]}…"
        raise UnusableTime(f"SOURCE_DATE_EPOCH={shown} is not a second between 1970 and now")
    return int(word)


def _git(folder: Path, *words: str) -> str:
    """Return what git prints, or nothing where there is no git, repository or commit.

    Nothing that comes with a clone is obeyed: no hook, filter or monitor is run, and no
    repository is looked for inside the work tree. Raise UnusableTime where git refuses to read
    a repository that is there.
    """
    top = _top(folder)
    found = top and _run(top, "config", "--name-only", "--get-regexp", r"^filter\.")
    if not top or not found:
        return ""
    filters = sorted({name.rpartition(".")[0] for name in found.stdout.splitlines()})
    unset = [f"{name}.{part}" for name in filters for part in _NO_FILTER]
    done = _run(top, *words, settings=unset)
    if not done:
        return ""
    if done.returncode == 0:
        return done.stdout.strip()
    if any(usual in done.stderr for usual in ("not a git repository", "any commits yet")):
        return ""
    reason = (done.stderr.strip().splitlines() or ["it ended without a word"])[0]
    raise UnusableTime(f"git cannot tell the state of {folder}: {reason}")


def _status(folder: Path) -> Iterator[str]:
    yield from ("status", "--porcelain", "--untracked-files=all", "--ignore-submodules=all", "--")
    inside = os.path.relpath(folder.resolve(), _top(folder))
    yield f":(literal){inside}"
    yield f":(exclude,literal){inside}/{RECORD}"


def _top(folder: Path) -> Path | None:
    """Return the work tree that a folder belongs to, or None."""
    inside = folder.resolve()
    return next((one for one in (inside, *inside.parents) if (one / ".git").exists()), None)


def _run(
    top: Path, *words: str, settings: Sequence[str] = ()
) -> subprocess.CompletedProcess[str] | None:
    options = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    places = os.environ.get("PATH", os.defpath).split(os.pathsep)
    environment["PATH"] = os.pathsep.join(filter(os.path.isabs, places))
    environment["GIT_CEILING_DIRECTORIES"] = str(top.parent)
    try:
        return subprocess.run(
            ["git", "--no-pager", *options, *words],
            cwd=top,
            env={**environment, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError:
        return None


def _newest(folder: Path) -> int:
    files = (
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name != RECORD
    )
    return max((int(file.stat().st_mtime) for file in files if file.is_file()), default=0)
