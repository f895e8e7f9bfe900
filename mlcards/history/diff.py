"""Compare two packages as Anki will when it imports the second over the first."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from html import unescape
from itertools import islice

from mlcards.history.losses import moved_deletions
from mlcards.history.package import Contents, PackedNote
from mlcards.markdown import deletions
from mlcards.notes import RETIRED

_MANY_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two states of a note."""

    guid: str
    fields: Mapping[str, tuple[str, ...]]
    """For each changed field its lines, with ``-`` and ``+`` before what went and came."""
    tags: tuple[str, ...]
    """Tags that went (``-``) and came (``+``)."""
    deck: str
    """The new home deck, if it is another: cards that a learner has stay where they are."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import of the new package does to a learner who has the old one."""

    added: tuple[str, ...]
    changed: tuple[Change, ...]
    unchanged: int
    gone: tuple[str, ...]
    retired: tuple[str, ...]
    losses: tuple[str, ...]
    """Sentences on what a learner would lose."""
    remarks: tuple[str, ...]
    """Sentences on what else is worth knowing."""


def diff(old: Contents, new: Contents) -> Difference:
    """Compare two packages."""
    common = sorted(old.notes.keys() & new.notes.keys())
    changes = [_change(guid, old.notes[guid], new.notes[guid]) for guid in common]
    changed = tuple(one for one in changes if one.fields or one.tags or one.deck)
    gone = tuple(sorted(old.notes.keys() - new.notes.keys()))
    retired = tuple(
        guid
        for guid in common
        if any(tag.endswith(f"::{RETIRED}") for tag in new.notes[guid].tags - old.notes[guid].tags)
    )
    return Difference(
        added=tuple(sorted(new.notes.keys() - old.notes.keys())),
        changed=changed,
        unchanged=len(common) - len(changed),
        gone=gone,
        retired=retired,
        losses=tuple(_losses(old, new, gone)),
        remarks=tuple(_remarks(old, new, changed)),
    )


def as_json(difference: Difference) -> str:
    """Return the difference as JSON."""
    return json.dumps(asdict(difference), ensure_ascii=False, indent=2)


def as_text(difference: Difference) -> str:
    """Return the difference for a terminal."""
    lines = [f"LOSS: {sentence}" for sentence in difference.losses]
    lines += [f"note: {sentence}" for sentence in difference.remarks]
    lines += [f"added    {guid}" for guid in difference.added]
    lines += [f"gone     {guid}" for guid in difference.gone]
    lines += [f"retired  {guid}" for guid in difference.retired]
    for change in difference.changed:
        lines.append(f"changed  {change.guid}")
        lines += [f"    {line}" for line in _details(change)]
    return "\n".join([*lines, _summary(difference)])


def as_markdown(difference: Difference) -> str:
    """Return the difference for a pull request or a release note."""
    lines = [f"**{_summary(difference)}**", ""]
    lines += [f"> **A learner would lose:** {sentence}" for sentence in difference.losses]
    lines += [f"> {sentence}" for sentence in difference.remarks]
    for title, guids in (
        ("Added", difference.added),
        ("Gone", difference.gone),
        ("Retired", difference.retired),
    ):
        if guids:
            lines += ["", f"### {title}", "", *(f"- `{guid}`" for guid in guids)]
    if difference.changed:
        lines += ["", "### Changed"]
    for change in difference.changed:
        fence = "`" * 4
        lines += ["", f"`{change.guid}`", "", f"{fence}diff", *_details(change), fence]
    return "\n".join(lines)


def _change(guid: str, old: PackedNote, new: PackedNote) -> Change:
    fields = {
        name: tuple(_line_changes(old.fields.get(name, ""), new.fields.get(name, "")))
        for name in {**old.fields, **new.fields}
        if old.fields.get(name, "") != new.fields.get(name, "")
    }
    tags = [
        *(f"-{tag}" for tag in old.tags - new.tags),
        *(f"+{tag}" for tag in new.tags - old.tags),
    ]
    deck = new.deck if new.deck != old.deck else ""
    return Change(guid, fields, tuple(sorted(tags)), deck)


def _losses(old: Contents, new: Contents, gone: tuple[str, ...]) -> Iterator[str]:
    for guid in gone:
        yield f"`{guid}` has vanished without being retired; it will never be corrected again"
    for id, kind in old.types.items():
        if id in new.types and new.types[id].parts != kind.parts:
            yield f"the fields or templates of note type {id} changed; Anki refuses its updates"
    for guid in sorted(old.notes.keys() & new.notes.keys()):
        if old.notes[guid].type != new.notes[guid].type:
            yield f"`{guid}` has another note type; Anki refuses its update"
        texts = (side.notes[guid].fields.get("Text", "") for side in (old, new))
        for number, now in moved_deletions(*map(deletions, texts)):
            yield f"`c{number}` of `{guid}` is `c{now}` now; progress passes to another question"
    yield from _renamed_decks(old, new)


def _renamed_decks(old: Contents, new: Contents) -> Iterator[str]:
    moved: dict[str, set[str]] = {}
    for guid, note in old.notes.items():
        if guid in new.notes:
            moved.setdefault(note.deck, set()).add(new.notes[guid].deck)
    for deck in sorted(moved.keys() - new.decks):
        if not moved[deck] & old.decks:
            yield f"the deck «{deck}» is now «{min(moved[deck])}»; new cards land in a second deck"


def _remarks(old: Contents, new: Contents, changed: Iterable[Change]) -> Iterator[str]:
    """Anki takes a note or note type over only where NEW's is newer than OLD's."""
    if _is_older(old, new):
        yield "NEW is older than OLD; did you mean it the other way round?"
    kept = [one for one in changed if new.notes[one.guid].time <= old.notes[one.guid].time]
    if kept:
        yield f"Anki keeps OLD's text of {len(kept)} of the changed notes: NEW's is not newer"
    for id, kind in old.types.items():
        if id in new.types and new.types[id].look != kind.look:
            newer = new.types[id].time > kind.time
            what = "replaces that of OLD" if newer else "is not newer, so Anki keeps OLD's"
            yield f"the style or the templates of «{kind.name}» differ; NEW's {what}"


def _is_older(old: Contents, new: Contents) -> bool:
    """Tell whether times went back only, or all that is gone is newer than all that is there."""
    pairs = [(old.notes[guid].time, new.notes[guid].time) for guid in old.notes.keys() & new.notes]
    pairs += [(old.types[id].time, new.types[id].time) for id in old.types.keys() & new.types]
    gone = [note.time for guid, note in old.notes.items() if guid not in new.notes]
    if any(before < now for before, now in pairs):
        return False
    newest = max((note.time for note in new.notes.values()), default=0)
    return any(before > now for before, now in pairs) or min(gone, default=0) > newest


def _details(change: Change) -> Iterator[str]:
    if change.deck:
        yield f"deck: {change.deck}"
    for tag in change.tags:
        yield f"{tag[0]} tag {tag[1:]}"
    for name, lines in change.fields.items():
        yield f"{name}:"
        yield from lines


def _line_changes(old: str, new: str) -> Iterator[str]:
    """Yield the lines of text that went and came; of HTML only if the text is the same."""
    before, after = _text(old), _text(new)
    if before == after:
        before, after = old.split("\n"), new.split("\n")
    if len(before) + len(after) > _MANY_LINES:  # comparing takes their product
        yield from (f"- {line}" for line in before)
        yield from (f"+ {line}" for line in after)
        return
    for line in islice(difflib.unified_diff(before, after, lineterm="", n=0), 2, None):
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"


def _text(html: str) -> list[str]:
    broken = re.sub(r"</(?:p|li|tr|h\d|summary|div|pre)>|<br>", "\n", html)
    lines = unescape(re.sub(r"<[^>]*>", "", broken)).split("\n")
    return [line.strip() for line in lines if line.strip()]


def _summary(difference: Difference) -> str:
    return (
        f"{len(difference.added)} added, {len(difference.changed)} changed, "
        f"{difference.unchanged} unchanged, {len(difference.gone)} gone, "
        f"{len(difference.retired)} retired"
    )
