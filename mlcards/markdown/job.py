"""What the rules and the renderer share while one text is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from markdown_it.token import Token

from mlcards.markdown.code import CodeBlock
from mlcards.markdown.fields import _DELIMITER, CLOZE_SIGNS, neutral
from mlcards.text import Diagnostic, Fragment


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as written in the file, for the check by MathJax."""

    tex: Fragment
    display: bool


@dataclass(frozen=True, slots=True)
class Rendered:
    """The HTML of a text, and what was found on the way."""

    html: str
    formulas: tuple[Formula, ...] = ()
    images: tuple[str, ...] = ()
    """Names of the media files that the HTML refers to."""
    clozes: frozenset[int] = frozenset()
    blocks: tuple[CodeBlock, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Job:
    """What the rules and the renderer share while one text is rendered."""

    source: Fragment
    media: Mapping[str, str]
    cloze: bool
    lines: list[str] = field(default_factory=list)
    formulas: list[Formula] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    clozes: set[int] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    blocks: list[CodeBlock] = field(default_factory=list)

    def place(self, line: int, column: int = 0) -> Fragment:
        """Return the place of a character, by its line (from 0) and column in the text."""
        start = self.source.column if line == 0 else 1
        return Fragment("", self.source.path, self.source.line + line, start + column)

    def problem(self, place: Fragment, code: str, message: str) -> None:
        """Note what is wrong, and where."""
        self.problems.append(place.problem(code, message))


def place_of_token(job: Job, child: Token) -> Fragment:
    """Return where an inline token stands in the file."""
    offset = child.meta.get("offset")
    if offset is None:
        offset = max(child.meta["inline"].content.find(child.content), 0)
    return place_in_token(job, child, offset)


def place_in_token(job: Job, child: Token, offset: int) -> Fragment:
    """Return where a character of the text around an inline token stands in the file."""
    text: str = child.meta["inline"].content
    down = text.count("\n", 0, offset)
    if not down:
        return job.place(child.meta["line"], child.meta["column"] + offset)
    start = text.rfind("\n", 0, offset) + 1
    line = min(child.meta["line"] + down, len(job.lines) - 1)
    own = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    return job.place(line, max(job.lines[line].find(own), 0) + offset - start)


def neutral_in(html: str, job: Job) -> str:
    """Take from text or code what Anki or MathJax would interpret."""
    html = _DELIMITER.sub(r"\\<span></span>", neutral(html))
    return html.translate(CLOZE_SIGNS) if job.cloze else html


def attribute(text: str, job: Job) -> str:
    """Return a text as the value of an attribute."""
    html = neutral(escape(text))
    return html.translate(CLOZE_SIGNS) if job.cloze else html
