"""Turn answers into Anki notes: fields, tags and deck.

The fields are kept apart from the notes: those of a large library do not fit into memory.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from mlcards import markdown
from mlcards.library import Answer, Catalog, Cloze, Question, Terms
from mlcards.markdown import CodeBlock, Formula, Rendered, outputs
from mlcards.notes.notetypes import note_types
from mlcards.text import Diagnostic, Fragment

RENDERER = "1"
"""Raised to bring the HTML of all notes to learners again, though what it says is the same."""

RETIRED = "retired"
"""The tag, below the library's root, of a note that is given up."""

# A class, and the spans that color code or keep a formula with its punctuation.
_LOOK = re.compile(r'</?span[^>]*>|(<\w+) class="[^"]*"')
_BLOCK = re.compile(
    r"(<pre.*?</pre>|</?(?:blockquote|details|div|h\d|hr|li|ol|p|summary|t\w+|ul)\b[^>]*>)",
    re.DOTALL,
)

Fields = tuple[str, ...]
"""The HTML of a note's fields, in the order of its note type."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note, whole but for its time and for the text of its fields."""

    key: str
    """``<id>`` or ``<id>/<prompt-id>``, as the author wrote it: the note's identity."""
    kind: str
    tags: tuple[str, ...]
    deck: str
    cards: tuple[int, ...]
    """The numbers of its cards: 0, or for a cloze each deletion's number less one."""
    media: tuple[str, ...]
    title: str
    """The words of its first field."""
    holes: str
    """For each deletion of a cloze note its number and a hash of what it hides: `1:… 2:…`."""
    place: tuple[int, int]
    """The line and column of its id, or for an Explain note of the question."""
    retired: str
    """Why it is given up, or the id of the answer that replaces it; else nothing."""
    hash: str
    """A hash of its kind, tags and what its fields say, but for what other answers determine."""
    links: Mapping[str, str] | None = None
    """The HTML of the fields that other answers determine (Notice, Related), where not empty."""
    position: int = 0
    """Its place in the curriculum: an Explain note before its prompts."""

    @property
    def answer(self) -> str:
        """The id of the answer that it comes from."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Draft:
    """The notes of one answer before other answers are known, and what was found in it."""

    answer: Answer
    notes: tuple[Note, ...]
    fields: Mapping[str, Fields]
    """The fields of each note by its key."""
    link: str
    formulas: tuple[Formula, ...]
    blocks: tuple[CodeBlock, ...]
    problems: tuple[Diagnostic, ...]


def draft(answer: Answer, catalog: Catalog, media: Mapping[str, str]) -> Draft:
    """Render one answer; ``media`` are the pictures beside its file."""
    return _Drafter(answer, catalog, media).draft()


class _Drafter:
    def __init__(self, answer: Answer, catalog: Catalog, media: Mapping[str, str]) -> None:
        self.answer = answer
        self.catalog = catalog
        self.media = media
        self.formulas: list[Formula] = []
        self.blocks: list[CodeBlock] = []
        self.problems: list[Diagnostic] = []
        self.images: list[str] = []
        self.fields: dict[str, Fields] = {}

    def render(self, text: Fragment, *, inline: bool = False, cloze: bool = False) -> Rendered:
        rendered = markdown.render(text, self.media, inline=inline, cloze=cloze)
        self.formulas += rendered.formulas
        self.blocks += rendered.blocks
        self.problems += rendered.problems
        self.images += rendered.images
        return rendered

    def side(self, text: Fragment, *, cloze: bool = False) -> Rendered:
        """Render a side of a prompt, which must not be empty."""
        rendered = self.render(text, cloze=cloze)
        if text and not rendered.html and not rendered.problems:
            self.problems.append(text.problem("prompt", "nothing of this shows on the card"))
        return rendered

    def draft(self) -> Draft:
        question = self.render(self.answer.question, inline=True).html
        if "<a " in question or "<img " in question:
            message = "write the question in words; it is a link itself on other cards"
            self.problems.append(self.answer.question.problem("question", message))
        shared = self.shared()
        link = f'<a href="{shared["File"]}">{question}</a>'
        place = self.answer.question
        explain = self.note("", place, "explain", shared | self.explain(question))
        prompts = []
        for prompt in self.answer.prompts:
            self.images = []
            fields = shared | {"Explains": link}
            cards: tuple[int, ...] = (0,)
            match prompt:
                case Question():
                    fields["Question"] = self.side(prompt.question).html
                    fields["Answer"] = self.side(prompt.answer).html
                case Cloze():
                    rendered = self.side(prompt.text, cloze=True)
                    fields["Text"] = rendered.html
                    cards = tuple(sorted(number - 1 for number in rendered.clozes))
                    if not cards and not any(p.code == "cloze" for p in rendered.problems):
                        message = "hide something: `{{c1::words}}`"
                        self.problems.append(prompt.text.problem("cloze", message))
            kind = "cloze" if isinstance(prompt, Cloze) else "prompt"
            suffix = f"/{prompt.id}"
            prompts.append(self.note(suffix, prompt.id, kind, fields, cards, prompt.retired))
        blocks = tuple(sorted(self.blocks, key=lambda block: block.code.line))
        for output, source in outputs(blocks):
            if source is None:
                message = "no code above prints this; an output stands below its `python` block"
                self.problems.append(output.code.problem("output", message))
        return Draft(
            self.answer,
            (explain, *prompts),
            self.fields,
            link,
            tuple(self.formulas),
            blocks,
            tuple(self.problems),
        )

    def shared(self) -> dict[str, str]:
        catalog, answer = self.catalog, self.answer
        difficulty = answer.difficulty.text.casefold()
        return {
            "Area": _plain(_names((answer.area,), catalog.areas)),
            "Companies": _plain(_names((c.name.text for c in answer.companies), catalog.companies)),
            "Difficulty": _plain(difficulty.capitalize()),
            "Tracks": _plain(_names(map(str, answer.tracks), catalog.tracks)),
            "Sources": self.sources(),
            "File": _plain(catalog.settings.files + f"{answer.area}/{answer.id}.md"),
        }

    def sources(self) -> str:
        items = []
        for citation in self.answer.sources:
            source = self.catalog.sources.get(citation.key.text)
            if source:
                work = f'<a href="{_plain(source.url)}">{_plain(source.title)}</a>'
                place = citation.place
                lead = "" if not place else " " if place.startswith("(") else ", "
                items.append(f"<li>{_plain(source.by)}: {work}{lead}{_plain(place)}</li>")
        return f"<ul>{''.join(items)}</ul>"

    def reported(self) -> str:
        """Return where the question is reported, company by company."""
        items = []
        for company in self.answer.companies:
            term = self.catalog.companies.find(company.name.text)
            source = self.catalog.sources.get(company.source.text)
            url = source.url if source else company.source.text
            if term and url:
                said = f"{source.by}: {source.title}" if source else _host(url)
                lead = "Listed for" if company.listed else "Reported at"
                link = f'<a href="{_plain(url)}">{_plain(said)}</a>'
                items.append(f"<li>{lead} {_plain(term.name)}: {link}</li>")
        return f"<ul>{''.join(items)}</ul>" if items else ""

    def explain(self, question: str) -> dict[str, str]:
        checklist = self.render(self.answer.checklist).html
        if checklist and (not checklist.startswith("<ul>") or checklist.count("<ul>") != 1):
            message = "write the checklist as one list: each point on a line that begins with `- `"
            self.problems.append(self.answer.checklist.problem("checklist", message))
        sections: list[str] = []
        short = self.render(self.answer.spoken).html
        for section in self.answer.sections:
            heading = self.render(section.heading, inline=True).html
            body = self.render(section.body).html
            sections.append(
                f'<details><summary accesskey="{len(sections) + 1}">{heading}</summary>'
                f"<div>\n{body}\n</div></details>"
            )
        area = self.catalog.areas.find(self.answer.area)
        return {
            "Question": question,
            "Task": _plain(area.task if area else ""),
            "Reported": self.reported(),
            "Short Answer": short,
            "Checklist": checklist,
            "Sections": "\n".join(sections),
        }

    def note(
        self,
        suffix: str,
        place: Fragment,
        kind: str,
        texts: Mapping[str, str],
        cards: tuple[int, ...] = (0,),
        retired: Fragment | None = None,
    ) -> Note:
        answer, catalog = self.answer, self.catalog
        reason = retired or answer.retired
        words = [*_tags(answer, catalog), ("kind", kind), *([(RETIRED,)] if reason else ())]
        tags = {catalog.settings.tag(*word) for word in words}
        fields = tuple(texts.get(part.name, "") for part in note_types()[kind].fields)
        if kind == "cloze":  # Anki counts the deletions of all its fields
            fields = (fields[0], *map(markdown.outside_cloze, fields[1:]))
        key = answer.id + suffix
        self.fields[key] = fields
        return Note(
            key=key,
            kind=kind,
            tags=tuple(sorted(tags)),
            deck=catalog.deck(answer.area),
            cards=cards,
            media=tuple(dict.fromkeys(self.images)),
            title=markdown.plain(fields[0]),
            holes=_holes(texts.get("Text", "")),
            place=(place.line, place.column),
            retired=reason.text.strip() if reason else "",
            hash=digest(RENDERER, kind, *map(said, fields), "", *sorted(tags)),
        )


def _host(address: str) -> str:
    return address.removeprefix("https://").partition("/")[0].removeprefix("www.")


def _plain(text: str) -> str:
    """Return the HTML of a text without Markdown, in which Anki interprets nothing."""
    return markdown.neutral(escape(text))


def _holes(html: str) -> str:
    hidden = markdown.deletions(html)
    return " ".join(f"{number}:{digest(said(text))[:8]}" for number, text in sorted(hidden.items()))


def _tags(answer: Answer, catalog: Catalog) -> Iterator[tuple[str, ...]]:
    for kind, words, terms in (
        ("area", (Fragment(answer.area, ""),), catalog.areas),
        ("company", [company.name for company in answer.companies], catalog.companies),
        ("topic", (answer.topic,), catalog.topics),
        ("difficulty", (answer.difficulty,), catalog.difficulties),
        ("track", answer.tracks, catalog.tracks),
        ("core", answer.core_for, catalog.tracks),
    ):
        for word in words:
            if term := terms.find(word.text):
                yield kind, term.tag
    yield from (("concept", tag.text) for tag in answer.tags)


def _names(words: Iterable[str], terms: Terms) -> str:
    found = (terms.find(word) for word in words)
    return ", ".join(term.name for term in found if term)


@lru_cache(maxsize=64)
def said(html: str) -> str:
    """Return what HTML says, without what only colors it or lays it out.

    So a line broken elsewhere, a class or another cut of the code into spans is no change. In
    code each space counts.
    """
    parts = _BLOCK.split(_LOOK.sub(r"\1", html))
    parts[::2] = (" ".join(text.split()) for text in parts[::2])
    return "".join(parts)


def digest(*parts: str) -> str:
    """Return a short hash of some texts."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
