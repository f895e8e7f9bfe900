"""What the commands share: finding the cards folder, choosing notes, failing well."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from mlcards.compile import Compiled
    from mlcards.library import Answer
    from mlcards.notes import Selection
    from mlcards.text import Diagnostic

CARDS = click.argument("cards", type=click.Path(path_type=Path), default=Path("cards"))


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose notes by tag."""
    for option in (
        click.option(
            "--exclude-tag", "without", multiple=True, metavar="TAG", help="Leave these out."
        ),
        click.option(
            "--tag",
            "tags",
            multiple=True,
            metavar="TAG",
            help="Only notes with this tag; again to narrow, a comma to widen.",
        ),
    ):
        command = option(command)
    return command


@contextlib.contextmanager
def compiled(cards: Path) -> Iterator[Compiled]:
    """Compile the cards folder, or print what is wrong with it and exit with 1."""
    with read(cards) as compiled:
        if compiled.problems:
            fail(compiled.problems)
        yield compiled


@contextlib.contextmanager
def read(cards: Path, form: str = "text") -> Iterator[Compiled]:
    """Compile the cards folder with its problems; exit with 1 if nothing can be read.

    ``form`` is one of diagnostics.FORMATS. The cache is held meanwhile.
    """
    from mlcards.compile import compile_cards
    from mlcards.state import cache
    from mlcards.text import InvalidAnswer

    try:
        with cache.opened(cards, note) as store:
            yield compile_cards(cards, progress, store)
    except InvalidAnswer as error:
        fail(error.diagnostics, form)


def note(message: str) -> None:
    """Say something besides the result."""
    click.echo(message, err=True)


def checked(compiled: Compiled, tags: tuple[str, ...], without: tuple[str, ...]) -> Selection:
    """Return the selection; a tag that no note has is wrong use."""
    from mlcards.notes import NothingSelected, Selection

    selection = Selection(tags, without)
    try:
        selection.of(compiled.notes)
    except NothingSelected as error:
        raise click.UsageError(str(error)) from None
    return selection


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


def answers_below(paths: tuple[Path, ...]) -> list[Answer]:
    """Read the answers below paths, or print what is wrong with them and exit with 1."""
    from mlcards import library
    from mlcards.text import InvalidAnswer

    try:
        found = library.load(folder_of(paths))
    except InvalidAnswer as error:
        fail(error.diagnostics)
    problems = tuple(problem for problem in found.problems if below(problem.path, paths))
    if problems:
        fail(problems)
    each_holds_an_answer(paths, [answer.start.path for answer in found.answers])
    return [answer for answer in found.answers if below(answer.start.path, paths)]


def each_holds_an_answer(paths: tuple[Path, ...], known: Sequence[str]) -> None:
    """Refuse a path that is no answer and holds none; ``known`` are answers and faulty files."""
    for path in paths:
        if not (path / "taxonomy.yaml").exists() and not any(below(one, (path,)) for one in known):
            what = "holds no answers" if path.is_dir() else "is no answer"
            message = f"{path} {what}; name a file `cards/<area>/<id>.md`, or a folder of them"
            raise click.UsageError(message)


def folder_of(paths: tuple[Path, ...]) -> Path:
    """Return the cards folder that holds all paths: the one with a taxonomy."""
    if not paths:
        return Path("cards")
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"there is no file or folder {path}")
    first = _absolute(paths[0])
    for folder in (first, *first.parents):
        if (folder / "taxonomy.yaml").exists():
            break
    else:
        raise click.UsageError(f"{paths[0]} is in no cards folder (one with a taxonomy.yaml)")
    for path in paths:
        if not _absolute(path).is_relative_to(folder):
            raise click.UsageError(f"{path} is not in {folder}, where {paths[0]} is")
    return folder if paths[0].is_absolute() else Path(os.path.relpath(folder))


def below(path: str, paths: tuple[Path, ...]) -> bool:
    """Tell whether a file lies below one of the paths; without paths all do."""
    file = _absolute(Path(path))
    return not paths or any(file.is_relative_to(_absolute(parent)) for parent in paths)


def _absolute(path: Path) -> Path:
    return Path(os.path.normpath(path.absolute()))
