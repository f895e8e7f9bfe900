"""Know of each answer what the others need: its place in the curriculum, and links to it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import count

from mlcards.library import Answer, Catalog, Terms
from mlcards.markdown import Figure, neutral, outside_cloze, shown
from mlcards.notes.draft import Fields, Note
from mlcards.notes.notetypes import note_types
from mlcards.text import Diagnostic, Fragment


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer belongs in the curriculum, as far as it can tell by itself."""

    area: int
    is_core: bool
    """Whether some role must not skip it."""
    topic: int
    difficulty: int


@dataclass(frozen=True, slots=True)
class Outline:
    """What the rest of a library needs to know of one answer."""

    id: str
    path: str
    place: Place
    link: str
    """The HTML of a link to the answer's file."""
    related: tuple[Fragment, ...]
    figures: tuple[Figure, ...]
    notes: tuple[Note, ...]
    sound: bool
    """Whether the form of the file is right, so that no note of it is missing."""
    problems: tuple[Diagnostic, ...]
    advice: tuple[Diagnostic, ...]
    """What `check` says besides: advice, and errors that stop a release but no build."""


def place(answer: Answer, catalog: Catalog) -> Place:
    """Return where an answer belongs by its area, its roles, its topic and its difficulty."""

    def of(terms: Terms, word: str) -> int:
        term = terms.find(word)
        return terms.rank(term.id) if term else len(terms.terms)

    return Place(
        of(catalog.areas, answer.area),
        bool(answer.core_for),
        of(catalog.topics, answer.topic.text),
        of(catalog.difficulties, answer.difficulty.text),
    )


def in_order(outlines: Iterable[Outline], curriculum: Sequence[str]) -> list[Outline]:
    """Return the answers in the order in which they are taught.

    Area by area, what a role must not skip before the rest, each along the written curriculum.
    What is not written there comes after the last one of its topic, the easy before the hard.
    """
    known = list(outlines)
    listed = {id: i for i, id in enumerate(curriculum)}
    last: dict[tuple[int, int], int] = {}
    for one in known:
        topic = one.place.area, one.place.topic
        last[topic] = max(last.get(topic, -1), listed.get(one.id, -1))

    def key(one: Outline) -> tuple[int | bool | str, ...]:
        place, topic = one.place, last[one.place.area, one.place.topic]
        end = topic if topic >= 0 else len(listed)
        rest = () if one.id in listed else (place.topic, place.difficulty, one.id)
        return place.area, not place.is_core, listed.get(one.id, end), len(rest), *rest

    return sorted(known, key=key)


def assemble(outlines: Iterable[Outline], curriculum: Sequence[str]) -> list[Outline]:
    """Put the answers and their notes in the order of teaching and link related answers."""
    ordered = in_order(outlines, curriculum)
    links = {one.id: one.link for one in ordered}
    titles: dict[str, str] = {}
    if any(note.retired for one in ordered for note in one.notes):
        titles = {note.key: shown(note.title) for one in ordered for note in one.notes}
    positions = count(1)
    for i, one in enumerate(ordered):
        notes = (
            replace(
                note,
                tags=tuple(map(sys.intern, note.tags)),  # else most of the memory of a library
                links=_links(one, note, links, titles),
                position=next(positions),
            )
            for note in one.notes
        )
        ordered[i] = replace(one, notes=tuple(notes))
    return ordered


def filled(note: Note, fields: Fields) -> Fields:
    """Return a note's fields with those that other answers determine."""
    if not note.links:
        return fields
    parts = note_types()[note.kind].fields
    return tuple(note.links.get(p.name, text) for p, text in zip(parts, fields, strict=True))


def _links(
    one: Outline, note: Note, links: Mapping[str, str], titles: Mapping[str, str]
) -> dict[str, str] | None:
    fields = {}
    if id := note.retired:
        title = titles.get(f"{one.id}/{id}", titles.get(id))
        instead = (
            f"see {links[id]}"
            if id in links
            else f"see «{neutral(escape(title))}»"
            if title
            else ""
        )
        fields["Notice"] = f"<b>Retired:</b> {outside_cloze(instead or neutral(escape(id)))}"
    if note.kind == "explain":
        related = [f"<li>{links[id.text]}</li>" for id in one.related if id.text in links]
        if related:
            fields["Related"] = f"<ul>{''.join(related)}</ul>"
    return fields or None
