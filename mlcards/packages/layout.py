"""Lay notes out in packages, and describe the decks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from mlcards.library import Catalog
from mlcards.notes import Note
from mlcards.state import Revision


@dataclass(frozen=True, slots=True)
class Package:
    """One ``.apkg`` to write: its path below the output folder, and the notes in it."""

    path: str
    notes: tuple[Note, ...]


def packages(notes: Sequence[Note], catalog: Catalog) -> tuple[Package, ...]:
    """Return the package of all notes, and those of each role's core, area and company."""
    settings = catalog.settings
    parts = [Package(f"{settings.name}.apkg", tuple(notes))]
    for kind, terms in (
        ("core", catalog.tracks),
        ("area", catalog.areas),
        ("company", catalog.companies),
    ):
        for term in terms.terms:
            tag = settings.tag(kind, term.tag)
            chosen = tuple(note for note in notes if tag in note.tags)
            if chosen:
                parts.append(Package(f"{kind}/{term.tag}.apkg", chosen))
    return tuple(parts)


def descriptions(notes: Sequence[Note], catalog: Catalog, revision: Revision) -> dict[str, str]:
    """Return the description of each deck, by deck name.

    Anki takes over the description that it imports last, so every package carries the same
    ones: they speak of the full deck.
    """
    root = catalog.settings.deck
    decks: dict[str, list[Note]] = {root: list(notes)}
    for note in notes:
        decks.setdefault(note.deck, []).append(note)
    return {
        name: _description(name.removeprefix(f"{root}::"), members, catalog, revision)
        for name, members in sorted(decks.items())
    }


def _description(name: str, notes: Sequence[Note], catalog: Catalog, revision: Revision) -> str:
    settings = catalog.settings
    answers = sum(note.kind == "explain" for note in notes)
    what = settings.title if name == settings.deck else f"{name}, a part of {settings.title}"
    lines = [
        f"<b>{escape(what)}</b>: {len(notes)} notes from {answers} answers, "
        f"{escape(str(revision))}, {escape(settings.license)}. "
        f'<a href="{escape(settings.homepage)}">How to study, updates, corrections</a>.',
        "The core of a role: " + _searches(notes, settings.tag("core")),
        f"A company: {_searches(notes, settings.tag('company'))}. Say it aloud, without prompts: "
        f"add tag:{settings.tag('kind', 'explain')}",
    ]
    return "<br>".join(lines)


def _searches(notes: Iterable[Note], kind: str) -> str:
    tags = {tag for note in notes for tag in note.tags if tag.startswith(f"{kind}::")}
    return ", ".join(f"tag:{tag}" for tag in sorted(tags)) or "none yet"
