"""Tell which state of the cards is built, and its time."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from mlcards.state.git import GitRefused, git, pathspec

RECORD = "released.txt"
"""Written by a release, from the cards: no change of them."""


class UnusableTime(Exception):
    """The time of a build cannot be told, or would make Anki refuse later updates."""


NO_GIT = "a folder without git"
NO_COMMIT = "a folder that no commit holds"
IGNORED = "a folder that git ignores"

_READ = re.compile(r"(?:[^/.][^/]*/)*[^/.][^/]*\.(?:md|yaml|svg|png|jpe?g|gif|webp)", re.IGNORECASE)
"""The names of files that a library is read from."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The state of a cards folder: its commit, if one holds it, and its time."""

    commit: str
    """The short hash, or nothing where no commit holds the folder."""
    changed: bool
    """Whether files differ from the commit."""
    time: int
    """Seconds since 1970."""
    instead: str = ""
    """Without a commit, what the folder is: NO_GIT, NO_COMMIT or IGNORED."""

    def __str__(self) -> str:
        if not self.commit:
            return f"built from {self.instead}"
        return f"built from commit {self.commit}{' with later changes' if self.changed else ''}"


def revision(folder: Path) -> Revision:
    """Look at the cards folder and tell its time.

    That is SOURCE_DATE_EPOCH where it is set, else the time of the commit, else (changed files,
    no commit) of the newest change among the files. Raise UnusableTime for one in the future.
    """
    head = _git(folder, "log", "-1", "--no-show-signature", "--format=%h %ct", "--abbrev=10")
    commit, _, committed = head.partition(" ")
    instead, changed = _state(folder, bool(commit))
    if instead:
        commit = ""
    if found := epoch():
        return Revision(commit, changed, found, instead)
    seconds = int(committed) if commit and not changed else _newest(folder)
    if seconds > time.time():
        what = f"of commit {commit}" if commit and not changed else "of the newest file"
        raise UnusableTime(f"the time {what} lies in the future; set the clock right")
    return Revision(commit, changed, seconds, instead)


def tag_exists(folder: Path, tag: str) -> bool:
    """Tell whether the folder's repository has a tag."""
    return bool(_git(folder, "tag", "--list", tag))


def _state(folder: Path, has_commit: bool) -> tuple[str, bool]:
    """Return why no commit holds the folder, or nothing, and whether files differ from it.

    The answer does not depend on how git is set up to show files: what is ignored, not shown
    or marked as unchanged counts where a library would be read from it.
    """
    if not has_commit and _git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        return NO_GIT, False
    signs = _signs(folder)
    lists = f"/{folder.resolve().name}/taxonomy.yaml"
    own = (path for path in signs if f"/{path}".endswith(lists) or path == "taxonomy.yaml")
    sign = signs.get(next(own, ""), "")
    if sign == "!!":
        return IGNORED, False
    if not has_commit or sign[:1] in ("?", "A"):
        return NO_COMMIT, True
    marked = _git(folder, "ls-files", "-v", *pathspec(folder)).splitlines()
    return "", bool(signs) or any(line[:1] not in "HMRCK?" for line in marked)


def _signs(folder: Path) -> dict[str, str]:
    """Return the two letters of git's status for each file that is not as the commit has it."""
    shown = ("--untracked-files=all", "--ignored=traditional", "--ignore-submodules=all")
    words = ("status", "--porcelain", "-z", "--no-renames", *shown)
    lines = _git(folder, *words, *pathspec(folder, RECORD)).split("\0")
    signs = {line[3:]: line[:2] for line in lines if line}
    return {path: sign for path, sign in signs.items() if sign != "!!" or _READ.fullmatch(path)}


def epoch() -> int | None:
    """Return SOURCE_DATE_EPOCH, or None; raise UnusableTime if it is no second of the past."""
    word = os.environ.get("SOURCE_DATE_EPOCH")
    if not word:
        return None
    if not re.fullmatch("[0-9]{1,12}", word) or not 0 < int(word) <= time.time():
        raise UnusableTime(f"SOURCE_DATE_EPOCH={word[:20]} is not a second between 1970 and now")
    return int(word)


def _git(folder: Path, *words: str) -> str:
    try:
        return git(folder, *words)
    except GitRefused as error:
        raise UnusableTime(str(error)) from None


def _newest(folder: Path) -> int:
    files = (
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name != RECORD
    )
    return max((int(file.stat().st_mtime) for file in files if file.is_file()), default=0)
