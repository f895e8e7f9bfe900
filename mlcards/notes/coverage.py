"""Count the answers by area, company, track, core, difficulty and topic, as a Markdown table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mlcards.library import Catalog, Terms
from mlcards.notes.draft import Note


def coverage(notes: Sequence[Note], catalog: Catalog) -> str:
    """Return the table without what is retired; names stand in the order of the taxonomy."""
    notes = [note for note in notes if not note.retired]
    explain = [note for note in notes if note.kind == "explain"]
    counts = Counter(tag for note in explain for tag in note.tags)
    cards = sum(len(note.cards) for note in notes)
    lists = (catalog.areas, catalog.companies, catalog.tracks, catalog.difficulties, catalog.topics)

    def row(kind: str, terms: Terms) -> str:
        found = [(term.name, counts[catalog.settings.tag(kind, term.tag)]) for term in terms.terms]
        return ", ".join(f"{name} {number}" for name, number in found if number)

    lines = [f"| {len(explain)} answers | {len(notes):,} notes, {cards:,} cards |", "|---|---|"]
    for terms in lists:
        lines.append(f"| by {terms.kind} | {row(terms.kind, terms)} |")
        if terms is catalog.tracks:
            lines.append(f"| core of a track | {row('core', terms)} |")
    return "\n".join(lines)
