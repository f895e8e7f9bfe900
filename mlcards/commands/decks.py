"""Commands on decks: build, list, diff, release."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcards.commands import common

Row = tuple[str, int, int]
"""A package's file, its notes and its cards."""

if TYPE_CHECKING:
    from mlcards.history import Contents
    from mlcards.notes import Note
    from mlcards.packages import Written


@click.command()
@common.CARDS
@common.selection_options
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
    from mlcards.state import UnusableTime, revision, unchanged

    state = None
    with contextlib.suppress(OSError, UnusableTime):
        state = unchanged.look(cards, cards, tags, without, output, revision(cards))
    written = unchanged.recall("build", state)
    if written is None:
        written = _build(cards, tags, without, output)
        if state and (changed := unchanged.changes(state, cards)):
            message = f"{changed[0]} changed while the packages were made of it; build again"
            raise click.ClickException(message)
        unchanged.remember("build", state, written, [file for file, _, _ in written])
    click.echo("\n".join(_line(*package) for package in written))
    _, notes, number = max(written, key=lambda package: package[1])
    packages = common.count(len(written), "package")
    click.echo(f"{packages} with {common.count(notes, 'note')} and {common.count(number, 'card')}")


def _build(
    cards: Path, tags: tuple[str, ...], without: tuple[str, ...], output: Path | None
) -> list[Row]:
    from mlcards.packages import build
    from mlcards.state import UnusableTime
    from mlcards.text import OutputError

    with common.compiled(cards) as compiled:
        selection = common.checked(compiled, tags, without)
        try:
            written = tuple(build(cards, compiled, selection, output, _wait))
        except (OutputError, UnusableTime) as error:
            raise click.ClickException(str(error)) from None
    return [(str(package.file), package.notes, package.cards) for package in written]


def _wait() -> None:
    from mlcards.state import WAITING

    common.note(WAITING)


@click.command("list")
@common.CARDS
@common.selection_options
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

    with common.compiled(cards) as compiled:
        chosen = common.checked(compiled, tags, without).of(compiled.notes)
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
        common.count(len(chosen), "note"),
        common.count(total, "card"),
        common.count(answers, "answer"),
    )
    click.echo(f"{counts[0]}, {counts[1]}, from {counts[2]}")


def _tagged(note: Note, kind: str) -> str:
    return ", ".join(tag.split("::")[1] for tag in note.tags if tag.startswith(f"{kind}::"))


def _cut(text: str, width: int = 70) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


@click.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True), default=Path("cards"))
@click.option("--json", "form", flag_value="json", help="As JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="For a pull request.")
def diff(old: Path, new: Path, form: str | None) -> None:
    """Show what importing NEW does to a learner who has OLD.

    Each is a package, or a cards folder (cards/ if NEW is left out). The exit code is 1 if a
    learner would lose something.

    \b
      mlcards diff released.apkg
      mlcards diff released.apkg build/mlcards.apkg --markdown
    """
    from mlcards.history import as_json, as_markdown, as_text, diff

    difference = diff(_contents(old), _contents(new))
    show = {"json": as_json, "markdown": as_markdown}.get(form or "", as_text)
    click.echo(show(difference))
    sys.exit(1 if difference.losses else 0)


def _listed(written: Iterable[Written]) -> list[Row]:
    """Print each package as it is written."""
    rows = []
    for package in written:
        rows.append((str(package.file), package.notes, package.cards))
        click.echo(_line(*rows[-1]))
    return rows


def _line(file: str, notes: int, cards: int) -> str:
    return f"{file}: {notes} notes, {cards} cards"


def _contents(path: Path) -> Contents:
    import errno
    import sqlite3
    import tempfile
    from io import BytesIO

    from mlcards.history import NoPackage, contents
    from mlcards.packages import whole
    from mlcards.state import UnusableTime
    from mlcards.text import OutputError

    try:
        if path.is_file():
            return contents(path)
        if not path.is_dir():
            raise NoPackage("is no file")
        with common.compiled(path) as compiled:
            common.checked(compiled, (), ())
            return contents(BytesIO(whole(path, compiled)))
    except NoPackage as error:
        raise click.UsageError(f"{path} {error}") from None
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    except UnusableTime as error:
        raise click.ClickException(f"{path}: {error}") from None
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{path} cannot be compared: {reason}"
        if getattr(error, "errno", None) == errno.ENOSPC or isinstance(error, sqlite3.Error):
            message += f"; make room in {tempfile.gettempdir()}, or name another folder in TMPDIR"
        raise click.ClickException(message) from None


@click.command()
@click.argument("version")
@common.CARDS
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("build"), help="Default: build/"
)
def release(version: str, cards: Path, output: Path) -> None:
    """Make release VERSION of CARDS (cards/): packages, record and changelog.

    Typesets every formula, runs the code of all answers, and refuses where that fails or a
    learner would lose something. Publishes and commits nothing; prints the commands that do.
    Where VERSION is the last release and nothing has changed, it writes its packages again.
    """
    from mlcards.packages import Refused
    from mlcards.packages import release as make
    from mlcards.state import UnusableTime
    from mlcards.text import InvalidAnswer, OutputError

    with common.compiled(cards) as compiled:
        click.echo("Typesetting the formulas and running the code of all answers …", err=True)
        try:
            made = make(cards, compiled, version, output)
        except InvalidAnswer as error:
            common.fail(error.diagnostics)
        except (Refused, OutputError, UnusableTime) as error:
            raise click.ClickException(str(error)) from None
    _listed(made.written)
    click.echo(f"\n{made.notes}")
    if made.in_git:
        click.echo("To publish it:\n")
        click.echo(f"  git add {made.record} {os.path.relpath(made.changelog)}")
        click.echo(f"  git commit -m 'Release {version}'")
        click.echo(f"  git tag -a v{version} -m 'Release {version}'")
        click.echo("  git push --follow-tags")
    else:
        changelog = os.path.relpath(made.changelog)
        click.echo(
            f"To publish it, give away the packages, and keep {made.record} and {changelog}."
        )
