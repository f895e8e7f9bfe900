"""Show the notes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcards.commands.cards import CARDS, sound
from mlcards.commands.selection import checked, selection_options
from mlcards.commands.words import count

if TYPE_CHECKING:
    from mlcards.notes import Note


@click.command("list")
@CARDS
@selection_options
@click.option("--json", "form", flag_value="json", help="As JSON, one object for each note.")
@click.option(
    "--coverage",
    "form",
    flag_value="coverage",
    help="How many answers there are by area, company, track, difficulty and topic.",
)
def list_notes(
    cards: Path, tags: tuple[str, ...], without: tuple[str, ...], form: str | None
) -> None:
    """Show the notes in CARDS (cards/) that a build would write.

    \b
      mlcards list --tag company::uber
      mlcards list --tag kind::explain --json
      mlcards list --coverage
    """
    from mlcards.notes import coverage

    with sound(cards) as compiled:
        chosen = checked(compiled, tags, without).of(compiled.notes)
    if form == "coverage":
        click.echo(coverage(chosen, compiled.catalog))
        return
    if form == "json":
        objects = [
            {
                "key": note.key,
                "kind": note.kind,
                "title": note.title,
                "deck": note.deck,
                "cards": len(note.cards),
                "tags": note.tags,
            }
            for note in chosen
        ]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
        return
    rows = [
        (note.key, note.kind, _tagged(note, "difficulty"), _tagged(note, "company"), note.title)
        for note in chosen
    ]
    header = ("KEY", "KIND", "DIFFICULTY", "COMPANIES", "FRONT")
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells[:-1]) + "  " + _cut(row[-1]))
    answers = sum(note.kind == "explain" for note in chosen)
    total = sum(len(note.cards) for note in chosen)
    counts = (
        count(len(chosen), "note"),
        count(total, "card"),
        count(answers, "answer"),
    )
    click.echo(f"{counts[0]}, {counts[1]}, from {counts[2]}")


def _tagged(note: Note, kind: str) -> str:
    return ", ".join(tag.split("::")[2] for tag in note.tags if tag.split("::")[1] == kind)


def _cut(text: str, width: int = 70) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
