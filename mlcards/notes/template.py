"""Render the sides of a note's cards as Anki does: fields, conditions and deletions.

It knows what our templates use, and tests hold it against the real Anki.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlcards.notes.draft import Fields, Note
from mlcards.notes.notetypes import NoteType, note_types

_TAG = re.compile(r"\{\{([#/]?)(cloze:)?([^}]+)\}\}")
_FORMULA = re.compile(r"\\[(\[].*?\\[)\]]", re.DOTALL)
_DELETION = re.compile(r"\{\{c(\d+)::|\}\}|::")


def question(note: Note, fields: Fields, card: int) -> str:
    """Return the front of a card; ``card`` is its number."""
    kind = note_types()[note.kind]
    return _fill(kind.front, _named(kind, fields), card, answer=False)


def answer(note: Note, fields: Fields, card: int) -> str:
    """Return the back of a card."""
    kind = note_types()[note.kind]
    return _fill(kind.back, _named(kind, fields), card, answer=True)


def _named(kind: NoteType, fields: Fields) -> dict[str, str]:
    return {part.name: value for part, value in zip(kind.fields, fields, strict=True)}


def _fill(template: str, fields: Mapping[str, str], card: int, answer: bool) -> str:
    result: list[str] = []
    hidden: list[str] = []
    end = 0
    for match in _TAG.finditer(template):
        sign, cloze, name = match.groups()
        if not hidden:
            result.append(template[end : match.start()])
        end = match.end()
        if sign == "#":
            if hidden or not fields[name].strip():
                hidden.append(name)
        elif sign == "/":
            if hidden:
                hidden.pop()
        elif not hidden:
            value = fields[name]
            result.append(_bare_formulas(_uncover(value, card, answer)) if cloze else value)
    return "".join([*result, template[end:]])


def _bare_formulas(html: str) -> str:
    """Take the marks of deletions out of formulas, as Anki does for MathJax."""
    return _FORMULA.sub(lambda formula: re.sub(r"<[^>]*>", "", formula[0]), html)


def _uncover(text: str, card: int, answer: bool) -> str:
    """Show a text with the deletions of one card hidden, or marked on the answer side."""
    stack: list[tuple[int, list[str], list[str] | None]] = []
    top: list[str] = []
    end = 0
    for match in _DELETION.finditer(text):
        current = (stack[-1][2] or stack[-1][1]) if stack else top
        current.append(text[end : match.start()])
        end = match.end()
        if match[1]:
            stack.append((int(match[1]) - 1, [], None))
        elif match[0] == "::" and stack and stack[-1][2] is None:
            stack[-1] = (*stack[-1][:2], [""])
        elif match[0] == "}}" and stack:
            number, inside, hint = stack.pop()
            outer = (stack[-1][2] or stack[-1][1]) if stack else top
            outer.append(_deletion(number, "".join(inside), hint, card, answer))
        else:
            current.append(match[0])
    return "".join([*top, text[end:]])


def _deletion(number: int, text: str, hint: list[str] | None, card: int, answer: bool) -> str:
    ordinal = number + 1
    if number != card:
        return f'<span class="cloze-inactive" data-ordinal="{ordinal}">{text}</span>'
    if answer:
        return f'<span class="cloze" data-ordinal="{ordinal}">{text}</span>'
    shown = "".join(hint) if hint else "..."
    return f'<span class="cloze" data-ordinal="{ordinal}">[{shown}]</span>'
