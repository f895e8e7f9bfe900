"""Read YAML in which every word keeps its place and stays a word.

Only PyYAML's parser is used, not its resolver: ``no``, ``1.10`` and ``2024-01-01`` are text.
Anchors and aliases are refused, so a file cannot grow while it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from mlcards.text import FORBIDDEN, Diagnostic, Fragment, InvalidAnswer, forbidden

_MAX_DEPTH = 5
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_QUOTED = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY = r"[ ]*(?:-[ ]+)?(?P<key>[\w-]+):[ ]+"
_MISTAKES = [
    (re.compile(f"^{pattern}", re.MULTILINE), message)
    for pattern, message in (
        (r"([ ]*)\t", "a tab stands here; indent with two spaces"),
        (r"([\w-]+)：", "this colon is not the plain `:`; write `:` and a space"),
        (
            rf"({_KEY}[\[{{](?:{_QUOTED}|[^\]\"'#\n])*)(?P<word>#[^\s,\]]*)",
            '`#` begins a comment here; leave it out, or put the word in quotes: `"{word}"`',
        ),
        (
            rf"({_KEY})[^\s\"'\[{{|>#][^#\n]*?:[ ].*$",
            'a colon and a space stand inside this value; put it in quotes: `{key}: "…"`',
        ),
        (
            r"((?P<key>[\w-]+):)(?P<rest>[^\s:].*)$",
            "a space is missing after the colon: `{key}: {rest}`",
        ),
        (
            r"()(?P<key>[\w-]+)(?:[ ]+(?P<rest>[^:\n]*))?$",
            "a colon is missing after the key: `{key}: {rest}`",
        ),
        (
            rf"({_KEY})-[ ]",
            "write this list in brackets: `{key}: [a, b]`, or each item on its own line below",
        ),
        (
            rf"({_KEY})(?P<sign>[@`%|>*&!])",
            "YAML reads {sign} as a sign of its own here; put the value in quotes",
        ),
        (
            rf"({_KEY})(?:\"(?:[^\"\\\n]|\\.)*|'[^'\n]*)$",
            "this quotation is not closed; write the same quotation mark at its end",
        ),
        (rf"({_KEY})\[(?:{_QUOTED}|[^\]\"'\n])*$", "this list is not closed; write `]` at its end"),
        (rf"({_KEY}){{(?:{_QUOTED}|[^}}\"'\n])*$", "this is not closed; write `}}` at its end"),
        (
            rf"({_KEY}(?:\[(?:{_QUOTED}|[^\[\]\"'\n])*\]|{{[^{{}}\n]*}}|{_QUOTED})[ ]*)[^\s#].*$",
            "nothing may stand behind the closed value; take this away, or move it inside",
        ),
        (rf"([\w-]+:[ ]+\S.*\n[ ]+|\A[ ]+){_KEY}", "begin each key at the left edge"),
    )
]
"""What people write that PyYAML cannot read, and what to say where the first group ends."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML mapping: keys in order, each with its place, and their values."""

    place: Fragment
    items: tuple[tuple[Fragment, Value], ...]

    def get(self, key: str) -> Value | None:
        """Return the value of a key, or None."""
        return next((value for name, value in self.items if name.text == key), None)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML list and its place."""

    place: Fragment
    items: tuple[Value, ...]


Value = Fragment | Sequence | Mapping


def read_mapping(fragment: Fragment) -> tuple[Mapping, tuple[Diagnostic, ...]]:
    """Read a YAML text that must be one mapping; return it and its duplicate keys.

    Raise InvalidAnswer with the place of a syntax error, an anchor, an alias, a tag, or a
    nesting that no file of ours needs.
    """
    try:
        events = yaml.parse(fragment.text, Loader=_LOADER)
        reader = _Reader(fragment, iter(events))
        reader.skip(yaml.StreamStartEvent)
        if isinstance(reader.next(), yaml.StreamEndEvent):
            return Mapping(fragment.slice(0, 0), ()), ()
        value = reader.value(reader.next(), 0)
        reader.skip(yaml.DocumentEndEvent)
        extra = reader.next()
        if not isinstance(extra, yaml.StreamEndEvent):
            raise reader.invalid(extra.start_mark, "a second document starts here; keep one")
    except yaml.MarkedYAMLError as error:
        place = _at(fragment, error.problem_mark or error.context_mark)
        problem = f"the YAML cannot be read: {error.problem or error.context}"
        found = _mistake(fragment, place) or place.problem("yaml", problem)
        raise InvalidAnswer(found) from None
    except yaml.YAMLError as error:
        raise InvalidAnswer(fragment.problem("yaml", f"the YAML cannot be read: {error}")) from None
    if not isinstance(value, Mapping):
        raise InvalidAnswer(place_of(value).problem("yaml", "write lines of the form `key: value`"))
    return value, tuple(reader.problems)


class _Reader:
    """Turns PyYAML's events into Values."""

    def __init__(self, fragment: Fragment, events: Iterator[yaml.Event]) -> None:
        self.fragment = fragment
        self.events = events
        self.problems: list[Diagnostic] = []

    def next(self) -> yaml.Event:
        return next(self.events)

    def skip(self, kind: type[yaml.Event]) -> None:
        event = self.next()
        assert isinstance(event, kind), event

    def invalid(self, mark: object, message: str) -> InvalidAnswer:
        return InvalidAnswer(_at(self.fragment, mark).problem("yaml", message))

    def value(self, event: yaml.Event, depth: int) -> Value:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self.invalid(event.start_mark, "anchors and aliases are not used; write it out")
        if getattr(event, "tag", None) not in (None, "!"):
            raise self.invalid(event.start_mark, "YAML tags (`!…`) are not used; write plain words")
        place = _at(self.fragment, event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            if match := FORBIDDEN.search(event.value):  # written as an escape
                self.problems.append(replace(forbidden(place, match), column=place.column))
            return Fragment(event.value, place.path, place.line, place.column)
        if depth == _MAX_DEPTH:
            raise self.invalid(event.start_mark, "this is nested too deeply; write a flat list")
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event := self.next(), yaml.SequenceEndEvent):
                items.append(self.value(event, depth + 1))
            return Sequence(place, tuple(items))
        return Mapping(place, tuple(self.pairs(depth)))

    def pairs(self, depth: int) -> Iterator[tuple[Fragment, Value]]:
        seen: dict[str, int] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            key = self.value(event, depth + 1)
            if not isinstance(key, Fragment):
                raise InvalidAnswer(place_of(key).problem("yaml", "a key must be one word"))
            value = self.value(self.next(), depth + 1)
            if key.text in seen:
                message = f"`{key}` stands twice, first in line {seen[key.text]}; keep one"
                self.problems.append(key.problem("duplicate-key", message))
                continue
            seen[key.text] = key.line
            yield key, value


def _mistake(fragment: Fragment, place: Fragment) -> Diagnostic | None:
    """Return the usual mistake next above a place that PyYAML cannot read, in our words."""
    lines = fragment.text.split("\n")[: place.line - fragment.line + 1]
    found = [
        (match.end(1), message.format(**match.groupdict("")))
        for pattern, message in _MISTAKES
        for match in pattern.finditer("\n".join(lines))
    ]
    if not found:
        return None
    offset, message = max(found, key=lambda one: one[0])
    return fragment.problem("yaml", message, offset)


def _at(fragment: Fragment, mark: object) -> Fragment:
    if mark is None:
        return fragment
    line, column = mark.line, mark.column  # type: ignore[attr-defined]
    shift = fragment.column if line == 0 else 1
    return Fragment("", fragment.path, fragment.line + line, column + shift)


def place_of(value: Value) -> Fragment:
    """Return a fragment at the place of a value, for messages about it."""
    return value if isinstance(value, Fragment) else value.place
