"""Check what the form of a file does not show: names, references, one meaning for one key.

Each check is a function whose docstring is the rule; CHECKS holds them in order.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mlcards.library import ID, ID_RULE, Answer, Catalog, Picture, Terms
from mlcards.markdown import ADDRESS, Figure
from mlcards.notes import Outline
from mlcards.text import Diagnostic, Fragment, did_you_mean


def names(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """Companies, topics, tracks and difficulties are those of the taxonomy, each once."""
    yield from _unknown([company.name for company in answer.companies], lists.companies)
    yield from _unknown((answer.topic,), lists.topics)
    yield from _unknown((answer.difficulty,), lists.difficulties)
    yield from _unknown(answer.tracks, lists.tracks)
    yield from _unknown(answer.core_for, lists.tracks)


def _unknown(words: Sequence[Fragment], terms: Terms) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for word in words:
        if term := terms.find(word.text):
            if term.id in seen:
                message = f"`{word}` is `{term.id}`, which stands here already; keep one"
                yield word.problem("duplicate", message)
            seen.add(term.id)
        elif word.text:
            near = did_you_mean(word.text, terms.words()) or f"; {_known(terms)}"
            yield word.problem("unknown-name", f"`{word}` is no {terms.kind}{near}")


def _known(terms: Terms) -> str:
    if terms.kind in ("difficulty", "track"):
        return f"write {' or '.join(term.id for term in terms.terms)}"
    return "see cards/taxonomy.yaml"


def tracks(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """An answer names its tracks where the taxonomy has some."""
    has_keys = answer.topic or answer.difficulty or answer.sources
    if lists.tracks.terms and has_keys and not answer.tracks:
        message = "the key `tracks` is missing; name those whose interviewers ask this"
        yield Fragment("", answer.start.path, 2).problem("missing-key", message)


def core_tracks(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """`core_for` names some of the answer's own `tracks`."""
    own = {lists.tracks.find(track.text) for track in answer.tracks}
    for track in answer.core_for:
        if lists.tracks.find(track.text) not in own:
            message = f"`{track}` is not among the `tracks`; add it there or take it away here"
            yield track.problem("core-track", message)


def free_tags(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """Free tags are written with a-z, 0-9 and hyphens."""
    for tag in answer.tags:
        if not ID.fullmatch(tag.text):
            yield tag.problem("tag", f"`{tag}` is no tag; {ID_RULE}")


def sources(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """Sources are keys of cards/sources.yaml, each with the place in it."""
    before = ""
    for citation in answer.sources:
        if citation.key.text not in lists.sources:
            near = did_you_mean(citation.key.text, lists.sources)
            if not near and before and not re.match("[a-z]", citation.key.text):
                near = f'; where it belongs to the item before, quote both: `"{before}, …"`'
            near = near or "; add it to cards/sources.yaml"
            yield citation.key.problem("source", f"`{citation.key}` is no source{near}")
        elif not citation.place:
            message = f"say where in it: `{citation.key} §7.3`"
            yield citation.key.problem("source-place", message)
        before = f"{citation.key} {citation.place}"


_NO_REASON = frozenset(
    "not yet|no|n|false|f|off|none|null|nil|never|nope|not|0|~|-|n/a|na|nothing|not retired|"
    "no longer|yes|y|true|t|on|1|retired|todo|tbd|?|keep|active".split("|")
)


def unproven(answer: Answer) -> Iterator[Diagnostic]:
    """Each company names where it is reported; `check` and `release` demand it, no build does."""
    for company in answer.companies:
        if not company.source:
            form = f"`companies: {{{company.name}: https://…}}`"
            message = f"say where `{company.name}` is reported to ask this: {form}"
            yield company.name.problem("evidence", message)


def evidence(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """Where a company is reported is a source's key or an address."""
    for company in answer.companies:
        where = company.source.text
        if where and where not in lists.sources and not ADDRESS.fullmatch(where):
            near = did_you_mean(where, lists.sources) or "; write one that begins with https://"
            message = f"`{where[:60]}` is no source and no address{near}"
            yield company.source.problem("evidence", message)


CHECKS = (names, tracks, core_tracks, free_tags, sources, evidence)


def check(answer: Answer, lists: Catalog) -> Iterator[Diagnostic]:
    """Yield what is wrong with an answer by itself, beyond what reading it found."""
    for one in CHECKS:
        yield from one(answer, lists)


def related(outlines: Sequence[Outline], broken: Collection[str]) -> Iterator[Diagnostic]:
    """`related` names the ids of other answers; ``broken`` are paths that could not be read."""
    ids = {one.id for one in outlines}
    for one in outlines:
        for id in one.related:
            if id.text == one.id:
                yield id.problem("related", "an answer is not related to itself; take it away")
            elif id.text not in ids and not any(p.endswith(f"/{id}.md") for p in broken):
                near = did_you_mean(id.text, ids) or "; name the file without `.md`"
                yield id.problem("related", f"there is no answer `{id}`{near}")


def taught(outlines: Sequence[Outline], lists: Catalog) -> Iterator[Diagnostic]:
    """The curriculum names answers, each below its area."""
    areas = {one.id: one.place.area for one in outlines}
    for id, area in lists.curriculum:
        if id.text not in areas:
            near = did_you_mean(id.text, areas) or "; take the line away"
            yield id.problem("curriculum", f"there is no answer `{id}`{near}")
        elif areas[id.text] != lists.areas.rank(area):
            message = f"`{id}` is no answer of `{area}`; move the line below its area"
            yield id.problem("curriculum", message)


def retired(outlines: Sequence[Outline]) -> Iterator[Diagnostic]:
    """`retired` says in words why, or names the answer or prompt that replaces this one."""
    leaving = [one for one in outlines if any(note.retired for note in one.notes)]
    keys = {note.key for one in outlines for note in one.notes} if leaving else set()
    for one in leaving:
        known = keys | {note.key.partition("/")[2] for note in one.notes} - {""}
        # An answer's own reason holds for its prompts too; it is said once, at the question.
        for word, note in {note.retired: note for note in one.notes if note.retired}.items():
            near = did_you_mean(word, known)
            if word.strip(".!").casefold() in _NO_REASON:
                message = f"`{word}` is no reason; say in words why, or delete the line to keep it"
            elif word in (note.key, note.key.partition("/")[2]):
                message = f"`{word}` is this one itself; name what replaces it, or say why"
            elif word not in known and (near or not re.search(r"\s", word)):
                near = near or "; name another, or say why in more than one word"
                message = f"there is no answer or prompt `{word}`{near}"
            else:
                continue
            yield Fragment("", one.path, *note.place).problem("retired", message)


def drawn_once(figures: Iterable[tuple[str, Figure]]) -> Iterator[Diagnostic]:
    """Two blocks do not draw one figure; each figure comes with the path of its answer."""
    first: dict[Path, Fragment] = {}
    for path, figure in figures:
        before = first.setdefault(Path(path).with_name(figure.name), figure.place)
        if before is not figure.place:
            where = f"line {before.line}" if before.path == path else before.path
            message = f"`{figure.name}` is drawn in {where} already; give each figure its own name"
            yield figure.place.problem("figure", message)


def figures(outline: Outline, pictures: Mapping[Path, Picture]) -> Iterator[Diagnostic]:
    """A figure drawn by code bears the answer's id, exists and is not older than the code."""
    path = outline.path
    for figure in outline.figures:
        picture = pictures.get(Path(path).with_name(figure.name))
        if not figure.name.startswith(f"{outline.id}-"):
            message = f"begin the name with the answer's id: `{outline.id}-{figure.name}`"
        elif picture is None:
            message = f"`{figure.name}` is not drawn yet; run `mlcards figures {path}`"
        elif picture.name and picture.fingerprint != figure.fingerprint:
            message = f"`{figure.name}` is older than its code; run `mlcards figures {path}`"
        else:
            continue
        yield figure.place.problem("figure", message)
