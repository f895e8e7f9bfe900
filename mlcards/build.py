"""Write the packages of a cards folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlcards import apkg
from mlcards.compile import Compiled
from mlcards.notetypes import KINDS
from mlcards.output import output_folder, write
from mlcards.packages import Package, descriptions, packages
from mlcards.revision import revision
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
    Raise NothingSelected before anything is written, and OutputError.
    """
    now = revision(cards)
    times = {note.key: now.time for note in compiled.notes} | dict.fromkeys(KINDS, now.time)
    folder, chosen = _plan(compiled, selection, output)
    texts = descriptions(compiled.notes, compiled.catalog, now)
    with output_folder(folder):
        for package in chosen:
            data = apkg.to_bytes(
                package, texts, compiled.media, times, compiled.catalog.settings.name
            )
            write(folder / package.path, data)
            cards_count = sum(len(note.cards) for note in package.notes)
            yield Written(folder / package.path, len(package.notes), cards_count)


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
