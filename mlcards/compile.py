"""Take a cards folder all the way to notes, with everything that is wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcards import checks, library, notes, record
from mlcards.answer import Answer
from mlcards.catalog import Catalog
from mlcards.diagnostics import Diagnostic
from mlcards.notes import Draft, Note
from mlcards.record import Record

Track = Callable[[Sequence[Answer]], Iterator[Answer]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The notes of a cards folder in curriculum order, and its problems by place."""

    catalog: Catalog
    record: Record
    drafts: tuple[Draft, ...]
    notes: tuple[Note, ...]
    media: dict[str, Path]
    problems: tuple[Diagnostic, ...]


def compile_cards(folder: Path, track: Track = iter) -> Compiled:
    """Read, check and render a cards folder; raise InvalidAnswer if it has no closed lists.

    ``track`` sees each answer before it is rendered, to show how far the work is.
    """
    cards = library.load(folder)
    drafts = [
        notes.draft(answer, cards.catalog, cards.beside(answer)) for answer in track(cards.answers)
    ]
    problems = [problem for draft in drafts for problem in draft.problems]
    media = {picture.name: file for file, picture in cards.media.items()}
    rendered = notes.assemble(drafts, cards.catalog)
    released = record.load(folder)
    found = {*cards.problems, *checks.check(cards), *problems}
    if not cards.problems:
        found.update(record.vanished(released, rendered, (folder / record.FILE).as_posix()))
    return Compiled(cards.catalog, released, tuple(drafts), rendered, media, tuple(sorted(found)))
