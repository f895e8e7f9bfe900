"""Make a release: the record, the changelog that learners read, and the packages."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mlcards.authoring import formulas, run_all, tested
from mlcards.compile import Compiled
from mlcards.history import VERSION, record
from mlcards.library import load
from mlcards.notes import RETIRED, Note
from mlcards.packages.build import Written, write_packages
from mlcards.packages.layout import packages
from mlcards.state import NO_COMMIT, RECORD, Revision, epoch, revision, tag_exists
from mlcards.text import InvalidAnswer, write

_UNRELEASED = "## Unreleased\n"
# Also as keepachangelog.com writes them: `## [Unreleased]`, `## [1.2.0] - 2026-01-31`.
_IS_UNRELEASED = re.compile(r"^## *\[?unreleased\]?[ \t]*$\n?", re.MULTILINE | re.IGNORECASE)
_IS_RELEASE = re.compile(rf"^## *\[?v?({VERSION.pattern})\]?(?!\S)", re.MULTILINE)


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
    in_git: bool
    """Whether there is a repository to commit it to."""


def release(compiled: Compiled, version: str, output: Path) -> Release:
    """Build a version and write its record and its section of the changelog.

    Every changed note gets the time of the release, not that of its commit: a learner's edit
    in between would else be newer than the correction. The version that was released last, of
    the same notes, only writes its packages again. Raise Refused, InvalidAnswer with what is
    wrong with formulas and code, and OutputError.
    """
    cards = compiled.folder
    state = revision(cards)
    changelog = cards.absolute().parent / "CHANGELOG.md"
    now = epoch() or int(time.time())
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now)
    again = record.to_text(renewed) == record.to_text(compiled.record)
    again = again and version == compiled.record.version
    reasons = [*_reasons(compiled, version, again), *_reasons_in_git(cards, state, version, again)]
    written_before = _changelog_text(changelog, reasons)
    past = _IS_RELEASE.search(written_before)
    if not compiled.record.version and past and past[1] != version:
        reasons.append(f"{RECORD} is missing, but {changelog.name} names {past[1]}; restore it")
    if reasons:
        raise Refused("\n".join(reasons))
    _demand(compiled)
    text = _notes(compiled)
    state = replace(state, time=now)
    chosen = packages(compiled.notes, compiled.catalog)
    written = tuple(write_packages(compiled, chosen, output, state))
    if not again:
        day = datetime.fromtimestamp(now, UTC).date()
        section = _changelog(written_before, version, f"## {version} ({day})\n\n{text}")
        write(changelog, section.encode())
        write(cards / RECORD, record.to_text(replace(renewed, version=version)).encode())
    return Release(written, text, changelog, cards / RECORD, not state.instead)


def _reasons(compiled: Compiled, version: str, again: bool) -> Iterator[str]:
    last = compiled.record.version
    if not compiled.notes:
        yield "there are no answers to release"
    if not VERSION.fullmatch(version):
        yield f"`{version[:40]}` is no version; write three numbers without zeros before: 1.2.0"
    elif last and _numbers(version) <= _numbers(last) and not again:
        yield f"version {last} is released already; {version} must be higher"


def _reasons_in_git(cards: Path, state: Revision, version: str, again: bool) -> Iterator[str]:
    if state.instead == NO_COMMIT:
        yield "no commit holds the cards folder; commit it"
    elif state.changed:
        yield "the cards folder differs from its commit; commit or undo the changes"
    tag = f"v{version}"
    if not again and VERSION.fullmatch(version) and not state.instead and tag_exists(cards, tag):
        yield f"the tag {tag} exists already, of something else; choose a higher version"


def _demand(compiled: Compiled) -> None:
    """Typeset every formula and run the code of all answers; raise Refused or InvalidAnswer."""
    if not formulas.installed():
        raise Refused(formulas.HOW_TO_INSTALL)
    found = [*formulas.check(compiled)]
    found += [
        one for outline in compiled.outlines for one in outline.advice if one.severity == "error"
    ]
    answers = load(compiled.folder).answers
    found += [one.problem for one in run_all(answers, tested(compiled.folder)) if one.problem]
    if found:
        raise InvalidAnswer(*sorted(found))


def _changelog_text(file: Path, reasons: list[str]) -> str:
    """Return the text of the changelog, that of a new one if there is none; note what is wrong."""
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        return f"# Changelog\n\n{_UNRELEASED}"
    except UnicodeDecodeError:
        reasons.append(f"{file.name} is no UTF-8 text; restore it, or save it as UTF-8")
    except OSError as error:
        reasons.append(f"{file.name} cannot be read: {error.strerror}")
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


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
        tag = compiled.catalog.settings.tag(RETIRED)
        lines += [f"To suspend what is retired, search `tag:{tag}` and suspend it.", ""]
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


def _changelog(text: str, version: str, section: str) -> str:
    """Return the changelog with the section of a version, which takes what is unreleased."""
    if any(match[1] == version for match in _IS_RELEASE.finditer(text)):
        return text
    heading = _IS_UNRELEASED.search(text)
    if not heading:
        text = f"{text.rstrip()}\n\n{_UNRELEASED}"
        heading = _IS_UNRELEASED.search(text)
        assert heading
    before, after = text[: heading.end()].rstrip("\n"), text[heading.end() :]
    older = re.search("^## ", after, re.MULTILINE)
    end = older.start() if older else len(after)
    title, _, generated = section.partition("\n")
    parts = (before, title, after[:end].strip("\n"), generated.strip(), after[end:].strip("\n"))
    return "\n\n".join(filter(None, parts)) + "\n"
