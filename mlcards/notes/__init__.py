"""An Answer becomes Notes in the order of the curriculum, which tags choose from."""

from mlcards.notes import template
from mlcards.notes.coverage import coverage
from mlcards.notes.curriculum import Outline, Place, assemble, filled, place
from mlcards.notes.draft import RETIRED, Draft, Fields, Note, digest, draft, said
from mlcards.notes.notetypes import KINDS, NoteType, note_types
from mlcards.notes.selection import NothingSelected, Selection
from mlcards.notes.template import answer, question

__all__ = [
    "KINDS",
    "RETIRED",
    "Draft",
    "Fields",
    "Note",
    "NoteType",
    "NothingSelected",
    "Outline",
    "Place",
    "Selection",
    "answer",
    "assemble",
    "coverage",
    "digest",
    "draft",
    "filled",
    "note_types",
    "place",
    "question",
    "said",
    "template",
]
