"""Write the packages of a cards folder."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mlcards.compile import Compiled
from mlcards.history import record
from mlcards.notes import Selection
from mlcards.packages import apkg
from mlcards.packages.layout import Package, descriptions, packages
from mlcards.state import Revision, revision
from mlcards.text import (
    OutputError,
    clear,
    failed,
    output_folder,
    read_ledger,
    stamps,
    write_ledger,
    writing,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A package that now stands in its place."""

    file: Path
    notes: int
    cards: int


def build(
    compiled: Compiled,
    selection: Selection,
    output: Path | None,
    waiting: Callable[[], object] = lambda: None,
) -> Iterator[Written]:
    """Write all packages, or the one of a selection or of a file name: all or none.

    ``output`` is a folder, or a file name that ends in ``.apkg``. ``waiting`` is called where
    another build has to end first. Raise NothingSelected, UnusableTime and OutputError.
    """
    now = revision(compiled.folder)
    folder, chosen = _plan(compiled, selection, output)
    if folder.resolve().is_relative_to(compiled.folder.resolve()):
        message = "is in the cards folder, where only answers belong; name another with -o"
        raise OutputError(f"{folder} {message}")
    yield from write_packages(compiled, chosen, folder, now, waiting)


def whole(compiled: Compiled) -> bytes:
    """Return the package of all notes as a build would write it now; raise OutputError."""
    now = revision(compiled.folder)
    package = packages(compiled.notes, compiled.catalog)[0]
    texts = descriptions(compiled.notes, compiled.catalog, now)
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now.time)
    temporary = Path("the temporary folder")
    try:
        temporary = Path(tempfile.gettempdir())
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "whole.apkg")
            apkg.write(file, package, compiled, texts, renewed)
            return file.read_bytes()
    except (OSError, sqlite3.Error) as error:
        raise failed(temporary, error) from None


def write_packages(
    compiled: Compiled,
    chosen: tuple[Package, ...],
    folder: Path,
    now: Revision,
    waiting: Callable[[], object] = lambda: None,
) -> tuple[Written, ...]:
    """Write packages below a folder, all or none; raise OutputError.

    What is as the last release left it keeps its time; the rest is of ``now``. A build of all
    packages takes away what an earlier one wrote and this one did not.
    """
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now.time)
    texts = descriptions(compiled.notes, compiled.catalog, now)

    def write(package: Package, unfinished: Path) -> Written:
        file = folder / package.path
        try:
            apkg.write(unfinished, package, compiled, texts, renewed)
        except (OSError, sqlite3.Error) as error:
            raise failed(file, error) from None
        return Written(file, len(package.notes), sum(len(note.cards) for note in package.notes))

    paths = [package.path for package in chosen]
    with output_folder(folder, paths, waiting):
        with ExitStack() as stack, ThreadPoolExecutor(os.cpu_count()) as pool:
            places = [stack.enter_context(writing(folder / path)) for path in paths]
            written = tuple(pool.map(write, chosen, places))
        if paths[1:]:
            _tidy(folder, compiled.catalog.settings.name, paths)
    return written


def _tidy(folder: Path, library: str, paths: Sequence[str]) -> None:
    """Take away the packages of a library that a build no longer writes."""
    ledger = folder / ".cache" / f"packages-{library}.json"
    clear(folder, read_ledger(ledger), paths)
    with suppress(OutputError):  # then none of these will be taken away
        write_ledger(ledger, stamps(folder, paths))


def _plan(
    compiled: Compiled, selection: Selection, output: Path | None
) -> tuple[Path, tuple[Package, ...]]:
    named = output if output and output.suffix.lower() == ".apkg" else None
    folder = named.parent if named else output or Path("build")
    if not selection:
        chosen = packages(compiled.notes, compiled.catalog)
        return folder, (replace(chosen[0], path=named.name),) if named else chosen
    name = f"{selection.name}.apkg" if output else f"tag/{selection.name}.apkg"
    return folder, (Package(named.name if named else name, selection.of(compiled.notes)),)
