"""Take a cards folder all the way to notes, with everything that is wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcards import checks, library, notes, record
from mlcards.answer import Answer
from mlcards.catalog import Catalog
from mlcards.diagnostics import Diagnostic
from mlcards.library import Library
from mlcards.notes import Draft, Note
from mlcards.record import Record

Memo = dict[str, tuple[Answer, Catalog, dict[str, str], Draft]]
"""The draft of each answer by its path, and what it was made from."""
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


def compile_cards(folder: Path, track: Track = iter, memo: Memo | None = None) -> Compiled:
    """Read, check and render a cards folder; raise InvalidAnswer if it has no closed lists.

    ``track`` sees each answer before it is rendered, to show how far the work is. ``memo``
    keeps what was rendered, so that the next call renders only what has changed.
    """
    cards = library.load(folder)
    memo = {} if memo is None else memo
    drafts = [_draft(answer, cards, memo) for answer in track(cards.answers)]
    problems = [problem for draft in drafts for problem in draft.problems]
    problems += [one for draft in drafts for one in checks.figures(draft, cards.media)]
    media = {picture.name: file for file, picture in cards.media.items()}
    rendered = notes.assemble(drafts, cards.catalog)
    released = record.load(folder)
    found = {*cards.problems, *checks.check(cards), *problems}
    if not cards.problems:
        found.update(record.vanished(released, rendered, (folder / record.FILE).as_posix()))
    return Compiled(cards.catalog, released, tuple(drafts), rendered, media, tuple(sorted(found)))


def _draft(answer: Answer, cards: Library, memo: Memo) -> Draft:
    beside = cards.beside(answer)
    known = memo.get(answer.start.path)
    if known and known[:3] == (answer, cards.catalog, beside):
        return known[3]
    draft = notes.draft(answer, cards.catalog, beside)
    memo[answer.start.path] = (answer, cards.catalog, beside, draft)
    return draft
