"""Read the keys of an answer file: the YAML between its two lines of `---`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mlcards.library import frontmatter
from mlcards.library.answer import Company
from mlcards.library.frontmatter import place_of
from mlcards.text import Diagnostic, Fragment, InvalidAnswer, did_you_mean

LISTS = ("tracks", "core_for", "tags", "sources", "related")
WORDS = ("topic", "difficulty", "retired")
KEYS = ("companies", *LISTS, *WORDS)
REQUIRED = ("topic", "difficulty", "sources")

_REPORT = re.compile(r"(listed|reported)\s+")


@dataclass(frozen=True, slots=True)
class Header:
    """The keys of an answer; what is missing is empty."""

    lists: Mapping[str, tuple[Fragment, ...]] = field(default_factory=dict)
    words: Mapping[str, Fragment] = field(default_factory=dict)
    companies: tuple[Company, ...] = ()


def read_header(fragment: Fragment) -> tuple[Header, tuple[Diagnostic, ...]]:
    """Read the keys; return them with everything that is wrong in their form."""
    try:
        mapping, duplicates = frontmatter.read_mapping(fragment)
    except InvalidAnswer as error:
        return Header(), error.diagnostics
    problems = [*duplicates]
    lists: dict[str, tuple[Fragment, ...]] = {}
    words: dict[str, Fragment] = {}
    companies: tuple[Company, ...] = ()
    for key, value in mapping.items:
        if key.text == "companies":
            companies = tuple(_companies(key, value, problems))
        elif key.text in LISTS:
            lists[key.text] = tuple(_words(key, value, problems))
        elif key.text not in WORDS:
            near = did_you_mean(key.text, KEYS)
            message = f"`{key}` is not a key of an answer{near}"
            problems.append(key.problem("unknown-key", message))
        elif not isinstance(value, Fragment) or not value.text.strip():
            message = f"write `{key}: …` with one value"
            problems.append(place_of(value).problem("empty-key", message))
        else:
            words[key.text] = value
    problems.extend(_missing(fragment, mapping))
    return Header(lists, words, companies), tuple(problems)


def _missing(fragment: Fragment, mapping: frontmatter.Mapping) -> Iterator[Diagnostic]:
    written = {key.text.casefold() for key, _ in mapping.items}
    for name in REQUIRED:
        if name not in written:
            message = f"the key `{name}` is missing; add it to the frontmatter"
            yield fragment.slice(0, 0).problem("missing-key", message)
    for key, value in mapping.items:
        empty = isinstance(value, frontmatter.Sequence) and not value.items
        if empty and key.text in REQUIRED:
            yield place_of(value).problem("empty-key", f"`{key}` must name at least one")


def _companies(
    key: Fragment, value: frontmatter.Value, problems: list[Diagnostic]
) -> Iterator[Company]:
    """Read `{amazon: <where it is reported>, meta: listed <where>}`, or a list of names."""
    if not isinstance(value, frontmatter.Mapping):
        for name in _words(key, value, problems):
            yield Company(name, name.slice(0, 0))
        return
    for name, report in value.items:
        if isinstance(report, Fragment):
            match = _REPORT.match(report.text)
            where = report.slice(match.end() if match else 0).strip()
            yield Company(name, where, listed=bool(match and match[1] == "listed"))
        else:
            message = f"write one source's key or address: `{name}: https://…`"
            problems.append(place_of(report).problem("evidence", message))


def _words(
    key: Fragment, value: frontmatter.Value, problems: list[Diagnostic]
) -> Iterator[Fragment]:
    if not isinstance(value, frontmatter.Sequence):
        word = value.text if isinstance(value, Fragment) else ""
        problems.append(place_of(value).problem("list", f"write a list: `{key}: [{word}]`"))
        return
    seen: set[str] = set()
    for item in value.items:
        if isinstance(item, frontmatter.Mapping):
            message = 'a colon and a space stand inside this item; put it in quotes: `"…"`'
            problems.append(item.place.problem("list", message))
        elif not isinstance(item, Fragment) or not item.text.strip():
            message = f"each item of `{key}` is one word or phrase"
            problems.append(place_of(item).problem("list", message))
        elif item.text in seen:
            message = f"`{item}` stands twice in `{key}`; keep one"
            problems.append(item.problem("duplicate", message))
        else:
            seen.add(item.text)
            yield item
