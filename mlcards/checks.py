"""Check what the form of a file does not show: names, references, one meaning for one key.

Each check is a function whose docstring is the rule; CHECKS holds them in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from mlcards.catalog import ID, ID_RULE, Terms
from mlcards.code import fingerprint
from mlcards.diagnostics import Diagnostic, did_you_mean
from mlcards.library import Library, Picture
from mlcards.notes import Draft
from mlcards.source import Fragment


def check(library: Library) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the answers of a library, beyond what reading them found."""
    return tuple(problem for check in CHECKS for problem in check(library))


def names(library: Library) -> Iterator[Diagnostic]:
    """Companies, topics, tracks and difficulties are those of the taxonomy."""
    lists = library.catalog
    for answer in library.answers:
        yield from _unknown(answer.companies, lists.companies)
        yield from _unknown((answer.topic,), lists.topics)
        yield from _unknown((answer.difficulty,), lists.difficulties)
        yield from _unknown((*answer.tracks, *answer.core_for), lists.tracks)


def _unknown(words: tuple[Fragment, ...], terms: Terms) -> Iterator[Diagnostic]:
    for word in words:
        if word.text and not terms.find(word.text):
            near = did_you_mean(word.text, terms.words()) or "; see cards/taxonomy.yaml"
            yield word.problem("unknown-name", f"`{word}` is no {terms.kind}{near}")


def core_tracks(library: Library) -> Iterator[Diagnostic]:
    """`core_for` names some of the answer's own `tracks`."""
    tracks = library.catalog.tracks
    for answer in library.answers:
        own = {tracks.find(track.text) for track in answer.tracks}
        for track in answer.core_for:
            if tracks.find(track.text) not in own:
                message = f"`{track}` is not among the `tracks`; add it there or take it away here"
                yield track.problem("core-track", message)


def free_tags(library: Library) -> Iterator[Diagnostic]:
    """Free tags are written with a-z, 0-9 and hyphens."""
    for answer in library.answers:
        for tag in answer.tags:
            if not ID.fullmatch(tag.text):
                yield tag.problem("tag", f"`{tag}` is no tag; {ID_RULE}")


def sources(library: Library) -> Iterator[Diagnostic]:
    """Sources are keys of cards/sources.yaml, each with the place in it."""
    known = library.catalog.sources
    for answer in library.answers:
        for citation in answer.sources:
            if citation.key.text not in known:
                near = did_you_mean(citation.key.text, known) or "; add it to cards/sources.yaml"
                yield citation.key.problem("source", f"`{citation.key}` is no source{near}")
            elif not citation.place:
                message = f"say where in it: `{citation.key} §7.3`"
                yield citation.key.problem("source-place", message)


def related(library: Library) -> Iterator[Diagnostic]:
    """`related` names the ids of other answers."""
    ids = {answer.id for answer in library.answers}
    for answer in library.answers:
        for id in answer.related:
            if id.text == answer.id:
                yield id.problem("related", "an answer is not related to itself; take it away")
            elif id.text not in ids and not _broken(library, id.text):
                near = did_you_mean(id.text, ids) or "; name the file without `.md`"
                yield id.problem("related", f"there is no answer `{id}`{near}")


def _broken(library: Library, id: str) -> bool:
    """Tell whether there is a file of this id that could not be read."""
    return any(problem.path.endswith(f"/{id}.md") for problem in library.problems)


def figures(draft: Draft, pictures: Mapping[Path, Picture]) -> Iterator[Diagnostic]:
    """A figure drawn by code bears the answer's id, exists and is not older than the code."""
    answer = draft.answer
    path = answer.start.path
    for block in draft.blocks:
        if not block.figure:
            continue
        picture = pictures.get(Path(path).with_name(block.figure))
        if not block.figure.startswith(f"{answer.id}-"):
            message = f"begin the name with the answer's id: `{answer.id}-{block.figure}`"
        elif picture is None:
            message = f"`{block.figure}` is not drawn yet; run `mlcards figures {path}`"
        elif picture.fingerprint != fingerprint(draft.blocks):
            message = f"`{block.figure}` is older than its code; run `mlcards figures {path}`"
        else:
            continue
        yield block.code.problem("figure", message)


CHECKS: tuple[Callable[[Library], Iterator[Diagnostic]], ...] = (
    names,
    core_tracks,
    free_tags,
    sources,
    related,
)
