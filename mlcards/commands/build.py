"""Write the packages."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click

from mlcards.commands.cards import CARDS, sound
from mlcards.commands.selection import checked, selection_options
from mlcards.commands.words import count, package_line, say


@click.command()
@CARDS
@selection_options
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder to write to (build/), or one package by a name that ends in .apkg.",
)
def build(
    cards: Path, tags: tuple[str, ...], without: tuple[str, ...], output: Path | None
) -> None:
    """Write Anki packages from the answers in CARDS (cards/).

    Without --tag: all notes, one package for each area, one for each company.
    With --tag: one package with what matches. -o all.apkg: one package with everything.

    \b
    A TAG matches where its parts stand in a row in a tag of the note:
      mlcards build
      mlcards build --tag amazon
      mlcards build --tag amazon,google --tag hard
      mlcards build --tag 'topic::reg*' --exclude-tag kind::explain -o deck.apkg
    """
    from mlcards.state import UnusableTime, memory, revision

    state = None
    with contextlib.suppress(OSError, UnusableTime):
        state = memory.look(cards, cards, tags, without, output, revision(cards))
    written = memory.recall("build", state)
    if written is None:
        written = _build(cards, tags, without, output)
        if state and (changed := memory.changes(state, cards)):
            message = f"{changed[0]} changed while the packages were made of it; build again"
            raise click.ClickException(message)
        memory.remember("build", state, written, [file for file, _, _ in written])
    click.echo("\n".join(package_line(*package) for package in written))
    _, notes, number = max(written, key=lambda package: package[1])
    packages = count(len(written), "package")
    click.echo(f"{packages} with {count(notes, 'note')} and {count(number, 'card')}")


def _build(
    cards: Path, tags: tuple[str, ...], without: tuple[str, ...], output: Path | None
) -> list[tuple[str, int, int]]:
    """Return the file, notes and cards of each package."""
    from mlcards.packages import build
    from mlcards.state import UnusableTime
    from mlcards.text import OutputError

    with sound(cards) as compiled:
        selection = checked(compiled, tags, without)
        try:
            written = tuple(build(compiled, selection, output, _wait))
        except (OutputError, UnusableTime) as error:
            raise click.ClickException(str(error)) from None
    return [(str(package.file), package.notes, package.cards) for package in written]


def _wait() -> None:
    from mlcards.state import WAITING

    say(WAITING)
