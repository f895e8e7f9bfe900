"""Count the answers by area, company, track, difficulty and topic, as a Markdown table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from mlcards.library import Catalog
from mlcards.notes.draft import Note


def coverage(notes: Sequence[Note], catalog: Catalog) -> str:
    """Return the table without what is retired; names stand in the order of the taxonomy."""
    notes = [note for note in notes if not note.retired]
    explain = [note for note in notes if note.kind == "explain"]
    counts = Counter(tag for note in explain for tag in note.tags)
    cards = sum(len(note.cards) for note in notes)
    lists = (catalog.areas, catalog.companies, catalog.tracks, catalog.difficulties, catalog.topics)
    lines = [f"| {len(explain)} answers | {len(notes):,} notes, {cards:,} cards |", "|---|---|"]
    for terms in lists:
        found = ((term.name, counts[f"{terms.kind}::{term.tag}"]) for term in terms.terms)
        row = ", ".join(f"{name} {number}" for name, number in found if number)
        lines.append(f"| by {terms.kind} | {row} |")
    return "\n".join(lines)
