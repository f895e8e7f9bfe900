"""Write the packages of a cards folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mlcards import apkg, record
from mlcards.compile import Compiled
from mlcards.output import output_folder, writing
from mlcards.packages import Package, descriptions, packages
from mlcards.revision import Revision, revision
from mlcards.select import Selection


@dataclass(frozen=True, slots=True)
class Written:
    """A package that now stands in its place."""

    file: Path
    notes: int
    cards: int


def build(
    cards: Path, compiled: Compiled, selection: Selection, output: Path | None
) -> Iterator[Written]:
    """Write all packages, or the one of a selection; yield each as it is written.

    ``output`` is a folder, or for a selection also a file name that ends in ``.apkg``.
    Raise NothingSelected or UnusableTime before anything is written, and OutputError.
    """
    now = revision(cards)
    folder, chosen = _plan(compiled, selection, output)
    yield from write_packages(compiled, chosen, folder, now)


def whole(cards: Path, compiled: Compiled) -> bytes:
    """Return the package of all notes as a build would write it now."""
    now = revision(cards)
    package = packages(compiled.notes, compiled.catalog)[0]
    texts = descriptions(compiled.notes, compiled.catalog, now)
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now.time)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "whole.apkg")
        apkg.write(file, package, compiled, texts, renewed)
        return file.read_bytes()


def write_packages(
    compiled: Compiled,
    chosen: tuple[Package, ...],
    folder: Path,
    now: Revision,
) -> Iterator[Written]:
    """Write packages below a folder, each whole or not at all; raise OutputError.

    What is as the last release left it keeps its time; the rest is of ``now``.
    """
    renewed = record.renew(compiled.record, compiled.catalog, compiled.notes, now.time)
    texts = descriptions(compiled.notes, compiled.catalog, now)

    def write(package: Package) -> Written:
        file = folder / package.path
        with writing(file) as unfinished:
            apkg.write(unfinished, package, compiled, texts, renewed)
        return Written(file, len(package.notes), sum(len(note.cards) for note in package.notes))

    paths = [package.path for package in chosen]
    with output_folder(folder, paths), ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(write, chosen)


def _plan(
    compiled: Compiled, selection: Selection, output: Path | None
) -> tuple[Path, tuple[Package, ...]]:
    folder = output or Path("build")
    if not selection:
        return folder, packages(compiled.notes, compiled.catalog)
    name = f"tag/{selection.name}.apkg"
    if output:
        name = f"{selection.name}.apkg"
        if output.suffix == ".apkg":
            folder, name = output.parent, output.name
    return folder, (Package(name, selection.of(compiled.notes)),)
