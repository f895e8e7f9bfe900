"""Ask git about a folder, and obey nothing that a clone brings with it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "protocol.allow=never",  # a partial clone fetches nothing meanwhile
)
_NO_FILTER = {"clean": "", "smudge": "", "process": "", "required": "false"}
_NONE: Mapping[str, str] = {}
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


class GitRefused(Exception):
    """Git refuses to read a repository that is there; the message says why."""


def git(folder: Path, *words: str) -> str:
    """Return what git prints, or nothing where there is no git, repository or commit.

    Nothing that comes with a clone is obeyed: no hook, filter or monitor is run, and no
    repository is looked for inside the work tree. Raise GitRefused where git refuses to read
    a repository that is there.
    """
    top = _top(folder)
    done = _run(top, *words, settings=_no_filters(top)) if top else None
    if not done:
        return ""
    if done.returncode == 0:
        return done.stdout.strip("\n")
    if any(usual in done.stderr for usual in ("not a git repository", "any commits yet")):
        return ""
    reason = " ".join(done.stderr.split()) or "it ended without a word"
    raise GitRefused(f"git cannot tell the state of {folder}: {reason}")


def _no_filters(top: Path) -> dict[str, str]:
    """Return the settings by which git changes no file with a program before it compares it."""
    found = _run(top, "config", "-z", "--name-only", "--get-regexp", r"^filter\.")
    names = {name.rpartition(".")[0] for name in found.stdout.split("\0")} if found else set()
    return {f"{name}.{part}": word for name in names - {""} for part, word in _NO_FILTER.items()}


def _top(folder: Path) -> Path | None:
    """Return the work tree that a folder belongs to, or None."""
    inside = folder.resolve()
    return next((one for one in (inside, *inside.parents) if (one / ".git").exists()), None)


def _run(
    top: Path, *words: str, settings: Mapping[str, str] = _NONE
) -> subprocess.CompletedProcess[str] | None:
    options = [word for setting in _SETTINGS for word in ("-c", setting)]
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    # Not by `-c`: the name of a filter may hold any sign.
    for number, (name, word) in enumerate(settings.items()):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = word
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
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


def pathspec(folder: Path, *without: str) -> tuple[str, ...]:
    """Return what names a folder to git, without some of its files."""
    inside = os.path.relpath(folder.resolve(), _top(folder)).replace(os.sep, "/")
    left_out = (f":(exclude,literal){inside}/{name}" for name in without)
    return ("--", f":(literal){inside}", *left_out)
