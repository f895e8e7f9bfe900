"""Say what a command did, and fail well."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from mlcards.packages import Written
    from mlcards.text import Diagnostic


def say(message: str) -> None:
    """Say something besides the result."""
    click.echo(message, err=True)


def progress(items: Sequence[Path]) -> Iterator[Path]:
    """Show a bar on a terminal once the work has taken longer than a moment."""
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        bar = None
        for done, item in enumerate(items):
            if bar:
                bar.update(1)
            elif sys.stderr.isatty() and time.monotonic() - start > 0.5:
                shown = click.progressbar(length=len(items), label="Rendering", file=sys.stderr)
                bar = stack.enter_context(shown)
                bar.update(done)
            yield item


def fail(problems: tuple[Diagnostic, ...], form: str = "text") -> NoReturn:
    """Print the problems and exit with 1; other forms than text go to standard output."""
    from mlcards.text import FORMATS

    click.echo(FORMATS[form](problems), err=form == "text")
    files = len({problem.path for problem in problems})
    click.echo(f"{count(len(problems), 'problem')} in {count(files, 'file')}", err=True)
    sys.exit(1)


def count(number: int, what: str) -> str:
    """Return a number with its noun: 1 note, 2 notes."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def list_packages(written: Iterable[Written]) -> None:
    """Print each package as it is written."""
    for package in written:
        click.echo(package_line(str(package.file), package.notes, package.cards))


def package_line(file: str, notes: int, cards: int) -> str:
    """Return the line that names a package."""
    return f"{file}: {notes} notes, {cards} cards"
