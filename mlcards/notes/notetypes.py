"""Read the note types Explain, Prompt and Cloze from types/."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mlcards.library import Mapping, read_mapping
from mlcards.text import Fragment

KINDS = ("explain", "prompt", "cloze")


@dataclass(frozen=True, slots=True)
class Part:
    """A field or a template: its name, and the key from which its id in Anki follows."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class NoteType:
    """A note type with its one template; what of it is frozen says tests/data/schema.json.

    Both sides begin with the same line of context.
    """

    kind: str
    is_cloze: bool
    fields: tuple[Part, ...]
    template: Part
    front: str
    back: str
    css: str


@cache
def note_types() -> dict[str, NoteType]:
    """Return the note types by kind."""
    return {kind: _read(kind) for kind in KINDS}


def _read(kind: str) -> NoteType:
    folder = files("mlcards.notes") / "types"
    text = (folder / kind / "notetype.yaml").read_text("utf-8")
    context = (folder / "context.html").read_text("utf-8")
    data, _ = read_mapping(Fragment(text, f"{kind}/notetype.yaml"))
    fields, template = data.get("fields"), data.get("template")
    assert isinstance(fields, Mapping)
    assert isinstance(template, Mapping)
    return NoteType(
        kind,
        is_cloze=kind == "cloze",
        fields=_parts(fields),
        template=_parts(template)[0],
        front=context + (folder / kind / "front.html").read_text("utf-8"),
        back=context + (folder / kind / "back.html").read_text("utf-8"),
        css=(folder / "card.css").read_text("utf-8"),
    )


def _parts(mapping: Mapping) -> tuple[Part, ...]:
    return tuple(Part(name.text, str(key)) for name, key in mapping.items)
