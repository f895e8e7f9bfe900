"""Read what answers refer to: taxonomy, sources, curriculum and library.yaml."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mlcards.library import frontmatter
from mlcards.library.frontmatter import Value, place_of
from mlcards.text import Diagnostic, Fragment, InvalidAnswer, check_place, did_you_mean, read

DIFFICULTIES = ("easy", "medium", "hard")
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_ID = 80
ID_RULE = "use a-z, 0-9 and single hyphens between them"

_TERM_KEYS = ("name", "aliases", "tag")
_AREA_KEYS = (*_TERM_KEYS, "task")
_SOURCE_KEYS = ("by", "title", "url")
_LIBRARY_KEYS = ("name", "deck", "title", "homepage", "files", "license")
_OPTIONAL_KEYS = ("tags", "releases")
_HOLDS = {
    "taxonomy.yaml": "the areas, topics, companies and tracks",
    "sources.yaml": "the works that answers cite",
    "library.yaml": "the name, the deck and the addresses of the library",
}
_ADDRESSES = ("homepage", "files", "releases")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the taxonomy: what answers write, and what learners read."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    tag: str = ""
    """Its word in learners' tags: the id, or for a renamed one the id that was released."""
    task: str = ""
    """For an area: what the learner does before turning an Explain card, and in what time."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The entries of one kind, in the order in which decks present them."""

    kind: str
    terms: tuple[Term, ...]
    _by_word: Mapping[str, Term]

    @classmethod
    def of(cls, kind: str, terms: tuple[Term, ...]) -> Terms:
        """Index the terms of one kind by all words that mean them."""
        words = {w.casefold(): t for t in terms for w in (*t.aliases, t.name, t.id)}
        return cls(kind, terms, words)

    def find(self, word: str) -> Term | None:
        """Return the term with this id, shown name or alias, without regard to case."""
        return self._by_word.get(word.casefold())

    def words(self) -> tuple[str, ...]:
        """Return all that may be written for a term of this kind."""
        return tuple(word for term in self.terms for word in (term.id, *term.aliases))

    def rank(self, id: str) -> int:
        """Return the place of a term in the curriculum."""
        return next(i for i, term in enumerate(self.terms) if term.id == id)


@dataclass(frozen=True, slots=True)
class Source:
    """A work that answers cite by its key."""

    by: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What is true of the whole library (library.yaml)."""

    name: str
    """The prefix of every note's guid. Anki would take a changed one for a new deck."""
    deck: str
    """The root deck. Anki matches decks by name."""
    title: str
    homepage: str
    files: str
    """The address under which the cards folder can be read."""
    license: str
    tags: str
    """The root of all tags; the name, if the file gives none."""
    releases: str
    """The address from which ready packages are downloaded; the home page, if it gives none."""

    def tag(self, *parts: str) -> str:
        """Return a tag below the library's root: ``ml::company::amazon``."""
        return "::".join((self.tags, *parts))


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything that answers refer to and do not define themselves."""

    settings: Settings
    areas: Terms
    topics: Terms
    companies: Terms
    tracks: Terms
    difficulties: Terms
    sources: Mapping[str, Source]
    curriculum: tuple[tuple[Fragment, str], ...] = ()
    """The ids of answers in the order in which they are taught, and their areas' ids."""

    def deck(self, area: str) -> str:
        """Return the home deck of an area, numbered: Anki goes through decks by their names."""
        term = self.areas.find(area)
        if not term:
            return self.settings.deck
        number = f"{self.areas.rank(term.id) + 1:0{len(str(len(self.areas.terms)))}}"
        return f"{self.settings.deck}::{number} {term.name}"


def load(folder: Path) -> Catalog:
    """Read these files of a cards folder; raise InvalidAnswer with all that is wrong."""
    problems: list[Diagnostic] = []
    root = folder.resolve()

    def mapping(name: str) -> frontmatter.Mapping:
        try:
            if not os.path.lexists(folder / name):
                message = f"this file is missing; it holds {_HOLDS[name]}: `mlcards init` writes it"
                place = Fragment("", (folder / name).as_posix())
                raise InvalidAnswer(place.problem("catalog", message))
            check_place(folder / name, root)
            text = read(folder / name, (folder / name).as_posix())
            found, duplicates = _read_mapping(text)
        except InvalidAnswer as error:
            problems.extend(error.diagnostics)
            return frontmatter.Mapping(Fragment("", name), ())
        problems.extend(duplicates)
        return found

    taxonomy, sources, library = map(mapping, ("taxonomy.yaml", "sources.yaml", "library.yaml"))
    has_curriculum = os.path.lexists(folder / "curriculum.yaml")
    lessons = mapping("curriculum.yaml") if has_curriculum else None
    if not problems:
        problems.extend(_unknown_keys(taxonomy, tuple(_KINDS)))
        terms = {key: _terms(key, taxonomy, problems) for key in _KINDS}
        works = dict(_sources(sources, problems))
        settings = _settings(library, problems)
        curriculum = tuple(_curriculum(lessons, terms["areas"], problems)) if lessons else ()
    if problems:
        raise InvalidAnswer(*problems)
    difficulties = Terms.of("difficulty", tuple(Term(d, d, tag=d) for d in DIFFICULTIES))
    return Catalog(
        settings, **terms, difficulties=difficulties, sources=works, curriculum=curriculum
    )


_read_mapping = functools.lru_cache(maxsize=4)(frontmatter.read_mapping)
"""The preview reads the same texts again after each change."""

_MAY_BE_EMPTY = ("companies", "tracks")
_KINDS = {"areas": "area", "topics": "topic", "companies": "company", "tracks": "track"}


def _terms(key: str, taxonomy: frontmatter.Mapping, problems: list[Diagnostic]) -> Terms:
    found = taxonomy.get(key)
    if isinstance(found, frontmatter.Sequence) and not found.items and key in _MAY_BE_EMPTY:
        return Terms.of(_KINDS[key], ())
    if not isinstance(found, frontmatter.Mapping):
        place = place_of(found) if found else taxonomy.place
        problems.append(
            place.problem("catalog", f"write `{key}:` with one `id: {{name: …}}` a line")
        )
        return Terms.of(_KINDS[key], ())
    terms: list[Term] = []
    words: dict[str, str] = {}
    tags: dict[str, str] = {}
    for id, entry in found.items:
        if not ID.fullmatch(id.text):
            problems.append(id.problem("catalog", f"`{id}` is no id; {ID_RULE}"))
        known = _AREA_KEYS if key == "areas" else _TERM_KEYS
        (name,), aliases = _texts(id, entry, known, ("name",), problems)
        task = _task(entry, problems) if key == "areas" else ""
        term = Term(id.text, name, aliases, _tag(id, entry, problems), task)
        terms.append(term)
        for word in sorted({w.casefold() for w in (term.id, term.name, *term.aliases)}):
            if word in words:
                message = f"`{word}` already means `{words[word]}`; one word, one meaning"
                problems.append(id.problem("catalog", message))
            words[word] = term.id
        if (first := tags.setdefault(term.tag, term.id)) != term.id:
            message = f"`{first}` has the tag `{term.tag}` already; one tag, one meaning"
            problems.append(id.problem("catalog", message))
    return Terms.of(_KINDS[key], tuple(terms))


def _tag(id: Fragment, entry: Value, problems: list[Diagnostic]) -> str:
    found = entry.get("tag") if isinstance(entry, frontmatter.Mapping) else None
    if found is None:
        return id.text
    if not isinstance(found, Fragment) or not ID.fullmatch(found.text):
        message = f"write the id that was released before the rename: `tag: {id}`; {ID_RULE}"
        problems.append(place_of(found).problem("catalog", message))
        return id.text
    return found.text


def _task(entry: Value, problems: list[Diagnostic]) -> str:
    found = entry.get("task") if isinstance(entry, frontmatter.Mapping) else None
    if found is None:
        return "Answer aloud, then turn the card."
    if not isinstance(found, Fragment) or not found.text.strip():
        message = "say what the learner does before turning the card: `task: …`"
        problems.append(place_of(found).problem("catalog", message))
        return ""
    return found.text


def _curriculum(
    lessons: frontmatter.Mapping, areas: Terms, problems: list[Diagnostic]
) -> Iterator[tuple[Fragment, str]]:
    lines: dict[str, int] = {}
    for area, ids in lessons.items:
        if area.text not in (term.id for term in areas.terms):
            near = did_you_mean(area.text, areas.words()) or "; see cards/taxonomy.yaml"
            problems.append(area.problem("catalog", f"`{area}` is no area{near}"))
            continue
        if not isinstance(ids, frontmatter.Sequence):
            problems.append(area.problem("catalog", "write one `- id` a line below the area"))
            continue
        for id in ids.items:
            if not isinstance(id, Fragment):
                problems.append(place_of(id).problem("catalog", "write the id of an answer"))
            elif id.text in lines:
                message = f"`{id}` stands twice, first in line {lines[id.text]}; keep one"
                problems.append(id.problem("catalog", message))
            else:
                lines[id.text] = id.line
                yield id, area.text


def _sources(
    sources: frontmatter.Mapping, problems: list[Diagnostic]
) -> Iterator[tuple[str, Source]]:
    for key, entry in sources.items:
        (by, title, url), _ = _texts(key, entry, _SOURCE_KEYS, _SOURCE_KEYS, problems)
        if url and not url.startswith("https://"):
            problems.append(
                key.problem("catalog", f"the address of `{key}` must begin with https://")
            )
        yield key.text, Source(by, title, url)


def _settings(library: frontmatter.Mapping, problems: list[Diagnostic]) -> Settings:
    known = (*_LIBRARY_KEYS, *_OPTIONAL_KEYS)
    values, _ = _texts(library.place, library, known, _LIBRARY_KEYS, problems)
    name, homepage = values[0], values[3]
    tags, releases = (
        str(library.get(key) or instead)
        for key, instead in (("tags", name), ("releases", homepage))
    )
    given = dict(zip(_LIBRARY_KEYS, values, strict=True))
    settings = Settings(**given, tags=tags, releases=releases)
    if settings.name and not ID.fullmatch(settings.name):
        problems.append(library.place.problem("catalog", f"`name` is no id; {ID_RULE}"))
    for key in _ADDRESSES:
        address = getattr(settings, key)
        if address and not re.match(r"https://[^\s/]", address):
            place = place_of(library.get(key) or library)
            problems.append(place.problem("catalog", f"`{key}` is an address: `{key}: https://…`"))
    if settings.tags and not ID.fullmatch(settings.tags):
        place = place_of(library.get("tags") or library)
        message = f"`tags` is the first part of every tag, such as `ml`; {ID_RULE}"
        problems.append(place.problem("catalog", message))
    if "::" in settings.deck:
        message = "the root deck has one name, without `::`; its parts are the areas"
        problems.append(library.place.problem("catalog", message))
    return replace(settings, files=f"{settings.files.rstrip('/')}/")


def _texts(
    place: Fragment,
    entry: Value,
    keys: tuple[str, ...],
    texts: tuple[str, ...],
    problems: list[Diagnostic],
) -> tuple[list[str], tuple[str, ...]]:
    """Return the required words of an entry and its aliases; note what is missing or unknown."""
    if not isinstance(entry, frontmatter.Mapping):
        problems.append(place.problem("catalog", f"write `{place}: {{{texts[0]}: …}}`"))
        return ["" for _ in texts], ()
    problems.extend(_unknown_keys(entry, keys))
    values = []
    for key in texts:
        value = entry.get(key)
        if not isinstance(value, Fragment) or not value.text.strip():
            problems.append(place.problem("catalog", f"`{key}` is missing; write `{key}: …`"))
            values.append("")
        else:
            values.append(value.text)
    aliases = entry.get("aliases")
    if aliases and not isinstance(aliases, frontmatter.Sequence):
        message = f"write a list: `aliases: [{aliases}]`"
        problems.append(place_of(aliases).problem("catalog", message))
    items = aliases.items if isinstance(aliases, frontmatter.Sequence) else ()
    problems.extend(
        place_of(item).problem("catalog", "an alias is one word or phrase")
        for item in items
        if not isinstance(item, Fragment) or not item.text.strip()
    )
    return values, tuple(str(item) for item in items)


def _unknown_keys(mapping: frontmatter.Mapping, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    for key, _ in mapping.items:
        if key.text not in known:
            yield key.problem("catalog", f"`{key}` is not known here; write {', '.join(known)}")
