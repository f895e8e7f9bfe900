"""Find and read the cards folder that a command is given."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcards.commands.words import fail, progress, say

if TYPE_CHECKING:
    from mlcards.compile import Compiled
    from mlcards.library import Answer

CARDS = click.argument("cards", type=click.Path(path_type=Path), default=Path("cards"))


@contextlib.contextmanager
def sound(cards: Path) -> Iterator[Compiled]:
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
        with cache.opened(cards, say) as store:
            yield compile_cards(cards, progress, store)
    except InvalidAnswer as error:
        fail(error.diagnostics, form)


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
