"""Choose notes by tag."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlcards.notes.draft import Note
from mlcards.text import did_you_mean

_LONGEST_NAME = 80


class NothingSelected(Exception):
    """No note matches; the message says which tag is at fault."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Notes with all of ``tags`` and none of ``without``; a comma in a tag means «or»."""

    tags: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tags or self.without)

    @property
    def name(self) -> str:
        """A file name for the selection, of a-z, 0-9, ``-`` and ``_``."""
        parts = [" and ".join(self.tags), *(f"not {tag}" for tag in self.without)]
        words = " ".join(parts).casefold().replace(",", " or ").replace("*", "_")
        name = re.sub(r"[^a-z0-9_]+", "-", words).strip("-")
        if 0 < len(name) <= _LONGEST_NAME:
            return name
        mark = hashlib.sha256(words.encode()).hexdigest()[:10]
        return f"{name[:_LONGEST_NAME]}-{mark}".strip("-")

    def of(self, notes: Sequence[Note]) -> tuple[Note, ...]:
        """Return the notes that match.

        Raise NothingSelected if a tag is no note's, or if no note matches them all.
        """
        if not notes:
            raise NothingSelected("there are no answers in this folder")
        if not all(map(_alternatives, (*self.tags, *self.without))):
            raise NothingSelected("a tag is empty; write one, such as `amazon`")
        known = {tag for note in notes for tag in note.tags}
        matching = {
            word: {tag for tag in known if matches(word, tag)}
            for words in (*self.tags, *self.without)
            for word in _alternatives(words)
        }
        for word, tags in matching.items():
            if not tags:
                names = known | {part for tag in known for part in tag.split("::")}
                raise NothingSelected(f"no note has the tag `{word}`{did_you_mean(word, names)}")

        def has(note: Note, words: str) -> bool:
            return any(matching[word] & set(note.tags) for word in _alternatives(words))

        chosen = tuple(
            note
            for note in notes
            if all(has(note, words) for words in self.tags)
            and not any(has(note, words) for words in self.without)
        )
        if not chosen:
            raise NothingSelected("no note matches all of these tags together")
        return chosen


def matches(word: str, tag: str) -> bool:
    """Tell whether the ``::`` parts of ``word`` stand in a row in ``tag``, whatever the case."""
    wanted, parts = word.casefold().split("::"), tag.casefold().split("::")
    return any(
        all(map(fnmatchcase, parts[i : i + len(wanted)], wanted))
        for i in range(len(parts) - len(wanted) + 1)
    )


def _alternatives(words: str) -> Iterable[str]:
    return [word for word in (word.strip() for word in words.split(",")) if word]
