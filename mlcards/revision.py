"""Tell which state of the cards is built, and its time."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


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
    """Look at the cards folder: the time of its commit, or of its newest change."""
    head = _git(folder, "log", "-1", "--format=%h %ct", "--abbrev=10")
    if not head:
        return Revision("", changed=True, time=_newest(folder))
    commit, time = head.split()
    changed = bool(_git(folder, "status", "--porcelain", "--", "."))
    return Revision(commit, changed, _newest(folder) if changed else int(time))


def _git(folder: Path, *words: str) -> str:
    """Return what git prints, or nothing where there is no git, repository or commit."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _newest(folder: Path) -> int:
    return max(int(file.stat().st_mtime) for file in folder.rglob("*") if file.is_file())
