"""Make a release: the record, the changelog that learners read, and the packages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mlcards import build, record
from mlcards.build import Written
from mlcards.compile import Compiled
from mlcards.notes import RETIRED_TAG, Note
from mlcards.output import write
from mlcards.packages import packages
from mlcards.revision import RECORD, epoch, revision

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_UNRELEASED = "## Unreleased\n"


class Refused(Exception):
    """The release would cost learners something, or cannot be made; each line says why."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is written but not published."""

    written: tuple[Written, ...]
    notes: str
    """What learners read."""
    changelog: Path
    record: Path


def release(cards: Path, compiled: Compiled, version: str, output: Path) -> Release:
    """Build a version and write its record and its section of the changelog.

    Every changed note gets the time of the release, not that of its commit: a learner's edit
    in between would else be newer than the correction. Raise Refused and OutputError.
    """
    state = revision(cards)
    changelog = cards.absolute().parent / "CHANGELOG.md"
    now = epoch() or int(time.time())
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now)
    reasons = list(_reasons(compiled, renewed, version))
    past = _past_release(changelog)
    if not compiled.record.version and past not in ("", version):
        reasons.append(f"{RECORD} is missing, but {changelog.name} names {past}; restore it")
    if state.commit and state.changed:
        reasons.append("the cards folder differs from its commit; commit or undo the changes")
    if reasons:
        raise Refused("\n".join(reasons))
    text = _notes(compiled)
    state = replace(state, time=now)
    chosen = packages(compiled.notes, compiled.catalog)
    written = tuple(build.write_packages(compiled, chosen, output, state))
    day = datetime.fromtimestamp(now, UTC).date()
    write(changelog, _changelog(changelog, f"## {version} ({day})\n\n{text}").encode())
    write(cards / RECORD, record.to_text(replace(renewed, version=version)).encode())
    return Release(written, text, changelog, cards / RECORD)


def _reasons(compiled: Compiled, renewed: record.Record, version: str) -> Iterator[str]:
    old = compiled.record
    if not compiled.notes:
        yield "there are no answers to release"
    if not (wanted := _VERSION.fullmatch(version)):
        yield f"`{version}` is no version; write three numbers: 1.2.0"
    elif (last := _VERSION.fullmatch(old.version)) and _numbers(wanted) <= _numbers(last):
        yield f"version {old.version} is released already; {version} must be higher"
    if old.library and old.library != renewed.library:
        yield f"`name: {old.library}` begins the guid of every released note; undo the change"
    for deck in sorted(old.decks - renewed.decks):
        yield f"the deck «{deck}» is no longer there; Anki matches decks by name: undo the rename"
    for kind, schema in old.schemas.items():
        if renewed.schemas.get(kind) != schema:
            yield f"fields or templates of note type {kind} changed; Anki would refuse all updates"


def _past_release(changelog: Path) -> str:
    """Return the newest version that a changelog names, or nothing."""
    if not changelog.exists():
        return ""
    found = re.search(r"^## (\d+\.\d+\.\d+) ", changelog.read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""


def _numbers(version: re.Match[str]) -> tuple[int, ...]:
    return tuple(map(int, version.groups()))


def _notes(compiled: Compiled) -> str:
    """Return what learners read: what is added, corrected and retired, by area."""
    old = compiled.record.notes
    added: list[Note] = []
    corrected: list[Note] = []
    retired: list[Note] = []
    for note in compiled.notes:
        before = old.get(note.key)
        if before is None:
            added.append(note)
        elif before.hash != record.content(note):
            (retired if note.retired and not before.retired else corrected).append(note)
    lines: list[str] = []
    for title, notes in (("Added", added), ("Corrected", corrected), ("Retired", retired)):
        if notes:
            lines += [f"### {title}", "", *_by_area(notes), ""]
    if retired:
        lines += [f"To suspend what is retired, search `tag:{RETIRED_TAG}` and suspend it.", ""]
    return "\n".join(lines or ["No card changed.", ""])


def _by_area(notes: Iterable[Note]) -> Iterator[str]:
    areas: dict[str, dict[str, list[Note]]] = {}
    for note in notes:
        area = areas.setdefault(note.deck.split("::")[-1], {})
        area.setdefault(note.key.partition("/")[0], []).append(note)
    for name, answers in areas.items():
        count = sum(map(len, answers.values()))
        ids = ", ".join(f"`{id}`" for id in answers)
        yield f"- {name} ({count} {'note' if count == 1 else 'notes'}): {ids}"


def _changelog(file: Path, section: str) -> str:
    text = file.read_text("utf-8") if file.exists() else f"# Changelog\n\n{_UNRELEASED}"
    heading = section.split(" (", 1)[0]
    if heading + " (" in text:
        return text
    if _UNRELEASED not in text:
        text = text.rstrip("\n") + f"\n\n{_UNRELEASED}"
    before, after = text.split(_UNRELEASED, 1)
    written, older, past = after.partition("\n## ")  # by hand since the last release
    title, _, generated = section.partition("\n")
    text = "\n\n".join(filter(None, (title, written.strip(), generated.strip())))
    return f"{before}{_UNRELEASED}\n{text}\n{older}{past}"
