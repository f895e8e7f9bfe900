"""Refuse what would cost learners something: identities that are gone, renamed or moved."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from mlcards.history.record import Entry, Record, deck_names, schema, tag_names
from mlcards.library import Catalog
from mlcards.notes import Note, note_types
from mlcards.text import Diagnostic, Fragment

_ALIKE = 0.6
"""So much of the prompts of an answer, or of an id, is the same in one that was renamed."""
_MANY = 100_000
"""So many pairs of keys are no rename, and would take seconds to compare."""


def identity(record: Record, catalog: Catalog, path: str) -> Iterator[Diagnostic]:
    """Yield an error for each name by which Anki or a learner knows the library and that is gone.

    Such a name is the prefix of the guids, a deck, a tag or a field or template of a note type.
    """

    def problem(line: int, message: str) -> Diagnostic:
        return Fragment("", path, line).problem("identity", message)

    if not record.version:
        return
    if record.library != catalog.settings.name:
        message = (
            f"`name: {record.library}` begins the guid of every released note; undo the change"
        )
        yield problem(1, message)
    present = set(deck_names(catalog))
    for deck, line in record.decks.items():
        if deck not in present:
            message = f"the deck «{deck}» is no longer there; Anki matches decks by name: "
            yield problem(line, message + "undo the rename")
    present = set(tag_names(catalog))
    for tag, line in record.tags.items():
        if tag not in present:
            _, kind, word = tag.split("::")
            message = f"learners have the tag `{tag}`; bring back `{word}` in taxonomy.yaml, or "
            message += f"write `tag: {word}` at the {kind} that was renamed"
            yield problem(line, message)
    for kind, one in note_types().items():
        if kind in record.schemas and record.schemas[kind] != schema(one):
            message = f"fields or templates of note type {kind} changed; Anki would refuse all "
            yield problem(record.types[kind].line, message + "updates; undo the change")


def renamed(record: Record, notes: Iterable[Note]) -> dict[str, str]:
    """Return the new key of each released answer or prompt that seems to have been renamed.

    It is gone, and something new looks like it: an answer has most of the prompts, or nearly
    the id; a prompt hides the same, or nearly has the id.
    """
    present = {note.key: note for note in notes}
    gone = [key for key in record.notes if key not in present]
    new = [key for key in present if key not in record.notes] if gone else []
    if len(gone) * len(new) > _MANY:
        return {}
    found: dict[str, str] = {}
    before, now = _prompts(record.notes), _prompts(present)
    for key in gone:
        id, _, prompt = key.partition("/")
        if not prompt:
            near = {other: _likeness(id, other, before, now) for other in new if "/" not in other}
        elif id in present:
            entry = record.notes[key]
            near = {
                other: 1.0
                if entry.holes and entry.holes == present[other].holes
                else _ratio(prompt, other.partition("/")[2])
                for other in new
                if other.startswith(f"{id}/") and present[other].kind == entry.kind
            }
        else:
            continue
        best = max(near, key=near.__getitem__, default="")
        if best and near[best] >= _ALIKE:
            found[key] = best
            new.remove(best)
    return found


def _likeness(
    old: str, new: str, before: Mapping[str, set[str]], now: Mapping[str, set[str]]
) -> float:
    prompts = before.get(old, set())
    shared = len(prompts & now.get(new, set())) / len(prompts) if prompts else 0
    return max(shared, _ratio(old, new))


def _ratio(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old, new).ratio()


def _prompts(keys: Iterable[str]) -> dict[str, set[str]]:
    prompts: dict[str, set[str]] = {}
    for key in keys:
        id, slash, prompt = key.partition("/")
        if slash:
            prompts.setdefault(id, set()).add(prompt)
    return prompts


def vanished(
    record: Record,
    notes: Iterable[Note],
    instead: Mapping[str, str],
    paths: Mapping[str, str],
    path: str,
) -> list[Diagnostic]:
    """Return an error for each released key that is gone, or that is another kind of note now.

    ``instead`` is what was renamed, ``paths`` are the files of the answers, ``path`` is that of
    the record.
    """
    present = {note.key: note for note in notes}
    problems = []
    for key, entry in record.notes.items():
        id, _, prompt = key.partition("/")
        place = Fragment("", path, entry.line)
        if new := instead.get(key):
            place = Fragment("", paths[new.partition("/")[0]], *present[new].place)
            name = f"### {prompt}" if prompt else f"{id}.md"
            message = (
                f"this was released as `{key}` and learners have it; undo the rename: call it "
                f"`{name}` again, or, if it is something else, bring back `{name}` as well, with "
                "`retired: <reason or the id that replaces it>` in it"
            )
        elif prompt and id in instead:
            continue  # comes back with the name of its file
        elif key in present and present[key].kind != entry.kind:
            message = (
                f"`{key}` was released as {entry.kind} and is {present[key].kind} now, which Anki "
                "refuses to update; retire it and write the new one under an id of its own"
            )
        elif key not in present:
            where = f"its prompt `### {prompt}`" if prompt and id in present else f"`{id}.md`"
            message = (
                f"`{key}` was released and learners have it; bring back {where} and write "
                "`retired: <reason or the id that replaces it>` in it"
            )
        else:
            continue
        problems.append(place.problem("vanished", message))
    return problems


def renumbered(entry: Entry, note: Note, path: str) -> Iterator[Diagnostic]:
    """Yield an error for each deletion of a released cloze note that has another number now."""
    if entry.holes == note.holes:
        return
    before, after = (dict(map(_hole, one.holes.split())) for one in (entry, note))
    for old, new in moved_deletions(before, after):
        message = (
            f"what `c{old}` of `{note.key}` hid is `c{new}` now, and a learner's progress would "
            "pass to another question; give it its old number, and new deletions a new one"
        )
        yield Fragment("", path, *note.place).problem("renumbered", message)


def moved_deletions(old: Mapping[int, str], new: Mapping[int, str]) -> list[tuple[int, int]]:
    """Return the numbers, before and now, of deletions that hide the same under another number."""
    now = {hidden: number for number, hidden in new.items()}
    return [
        (number, now[hidden])
        for number, hidden in old.items()
        if hidden in now and new.get(number) != hidden
    ]


def _hole(word: str) -> tuple[int, str]:
    number, _, hidden = word.partition(":")
    return int(number), hidden
