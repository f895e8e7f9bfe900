"""Turn answers into Anki notes: fields, tags, deck and place in the curriculum."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

from mlcards import markdown
from mlcards.answer import Answer, Cloze, Question
from mlcards.catalog import Catalog, Terms
from mlcards.code import CodeBlock
from mlcards.diagnostics import Diagnostic
from mlcards.markdown import Formula, Rendered
from mlcards.notetypes import note_types
from mlcards.source import Fragment

RETIRED_TAG = "mlcards::retired"


@dataclass(frozen=True, slots=True)
class Note:
    """One note, whole but for its time."""

    key: str
    """``<id>`` or ``<id>/<prompt-id>``, as the author wrote it: the note's identity."""
    kind: str
    fields: tuple[str, ...]
    tags: tuple[str, ...]
    deck: str
    cards: tuple[int, ...]
    """The numbers of its cards: 0, or for a cloze each deletion's number less one."""
    media: tuple[str, ...]
    position: int = 0
    """Its place in the curriculum: prompts before their Explain note."""

    @property
    def title(self) -> str:
        """The words of its first field."""
        return markdown.plain(self.fields[0])

    def field(self, name: str) -> str:
        """Return the HTML of a field by its name."""
        fields = note_types()[self.kind].fields
        return self.fields[next(i for i, part in enumerate(fields) if part.name == name)]


@dataclass(frozen=True, slots=True)
class Draft:
    """The notes of one answer before other answers are known, and what was found in it."""

    answer: Answer
    notes: tuple[Note, ...]
    formulas: tuple[Formula, ...]
    blocks: tuple[CodeBlock, ...]
    problems: tuple[Diagnostic, ...]


def draft(answer: Answer, catalog: Catalog, media: Mapping[str, str]) -> Draft:
    """Render one answer; ``media`` are the pictures beside its file."""
    return _Drafter(answer, catalog, media).draft()


def assemble(drafts: Iterable[Draft], catalog: Catalog) -> tuple[Note, ...]:
    """Put the notes of all answers in curriculum order and link related answers."""
    ordered = sorted(drafts, key=lambda one: _rank(one.answer, catalog))
    targets = {one.answer.id: one for one in ordered}
    result: list[Note] = []
    for one in ordered:
        for note in one.notes:
            changes = {"Notice": _notice(one, note, targets, catalog)}
            if note.kind == "explain":
                links = [
                    f"<li>{_link(targets[id.text], catalog)}</li>"
                    for id in one.answer.related
                    if id.text in targets
                ]
                changes["Related"] = f"<ul>{''.join(links)}</ul>" if links else ""
            result.append(_with_fields(note, changes, len(result) + 1))
    return tuple(result)


class _Drafter:
    def __init__(self, answer: Answer, catalog: Catalog, media: Mapping[str, str]) -> None:
        self.answer = answer
        self.catalog = catalog
        self.media = media
        self.formulas: list[Formula] = []
        self.blocks: list[CodeBlock] = []
        self.problems: list[Diagnostic] = []
        self.images: list[str] = []

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
        if not rendered.html and not rendered.problems:
            self.problems.append(text.problem("prompt", "nothing of this shows on the card"))
        return rendered

    def draft(self) -> Draft:
        question = self.render(self.answer.question, inline=True).html
        shared = self.shared()
        explain = self.note("", "explain", shared | self.explain(question))
        prompts = []
        for prompt in self.answer.prompts:
            self.images = []
            link = f'<a href="{escape(shared["File"])}">{question}</a>'
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
            retired = bool(prompt.retired)
            prompts.append(self.note(f"/{prompt.id}", kind, fields, cards, retired))
        notes = (*prompts, explain)
        blocks = sorted(self.blocks, key=lambda block: block.code.line)
        return Draft(self.answer, notes, tuple(self.formulas), tuple(blocks), tuple(self.problems))

    def shared(self) -> dict[str, str]:
        catalog, answer = self.catalog, self.answer
        difficulty = answer.difficulty.text.casefold()
        return {
            "Area": escape(_names((answer.area,), catalog.areas)),
            "Companies": escape(_names(map(str, answer.companies), catalog.companies)),
            "Difficulty": escape(difficulty.capitalize()),
            "Tracks": escape(_names(map(str, answer.tracks), catalog.tracks)),
            "Sources": self.sources(),
            "File": escape(catalog.settings.files + f"{answer.area}/{answer.id}.md"),
        }

    def sources(self) -> str:
        items = []
        for citation in self.answer.sources:
            source = self.catalog.sources.get(citation.key.text)
            if source:
                work = f'<a href="{escape(source.url)}">{escape(source.title)}</a>'
                place = f", {escape(citation.place)}" if citation.place else ""
                items.append(f"<li>{escape(source.by)}: {work}{place}</li>")
        return f"<ul>{''.join(items)}</ul>"

    def explain(self, question: str) -> dict[str, str]:
        checklist = self.render(self.answer.checklist).html
        if checklist and (not checklist.startswith("<ul>") or checklist.count("<ul>") != 1):
            message = "write the checklist as one list: each point on a line that begins with `- `"
            self.problems.append(self.answer.checklist.problem("checklist", message))
        sections = []
        short = self.render(self.answer.spoken).html
        for section in self.answer.sections:
            heading = self.render(section.heading, inline=True).html
            body = self.render(section.body).html
            sections.append(f"<details><summary>{heading}</summary><div>\n{body}\n</div></details>")
        return {
            "Question": question,
            "Short Answer": short,
            "Checklist": checklist,
            "Sections": "\n".join(sections),
        }

    def note(
        self,
        suffix: str,
        kind: str,
        fields: Mapping[str, str],
        cards: tuple[int, ...] = (0,),
        retired: bool = False,
    ) -> Note:
        answer, catalog = self.answer, self.catalog
        tags = {*_tags(answer, catalog), f"kind::{kind}"}
        if retired or answer.retired:
            tags.add(RETIRED_TAG)
        return Note(
            key=answer.id + suffix,
            kind=kind,
            fields=tuple(fields.get(part.name, "") for part in note_types()[kind].fields),
            tags=tuple(sorted(tags)),
            deck=f"{catalog.settings.deck}::{_names((answer.area,), catalog.areas)}",
            cards=cards,
            media=tuple(dict.fromkeys(self.images)),
        )


def _tags(answer: Answer, catalog: Catalog) -> Iterator[str]:
    yield f"area::{answer.area}"
    for kind, words, terms in (
        ("company", answer.companies, catalog.companies),
        ("topic", (answer.topic,), catalog.topics),
        ("difficulty", (answer.difficulty,), catalog.difficulties),
        ("track", answer.tracks, catalog.tracks),
        ("core", answer.core_for, catalog.tracks),
    ):
        for word in words:
            if term := terms.find(word.text):
                yield f"{kind}::{term.id}"
    yield from (tag.text for tag in answer.tags)


def _names(words: Iterable[str], terms: Terms) -> str:
    found = (terms.find(word) for word in words)
    return ", ".join(term.name for term in found if term)


def _rank(answer: Answer, catalog: Catalog) -> tuple[int, int, int, str]:
    def rank(terms: Terms, word: str) -> int:
        term = terms.find(word)
        return terms.rank(term.id) if term else len(terms.terms)

    return (
        rank(catalog.areas, answer.area),
        rank(catalog.topics, answer.topic.text),
        rank(catalog.difficulties, answer.difficulty.text),
        answer.id,
    )


def _link(target: Draft, catalog: Catalog) -> str:
    explain = target.notes[-1]
    return f'<a href="{explain.field("File")}">{explain.field("Question")}</a>'


def _notice(one: Draft, note: Note, targets: Mapping[str, Draft], catalog: Catalog) -> str:
    retired = {f"{one.answer.id}/{p.id}": p.retired for p in one.answer.prompts}
    reason = retired.get(note.key) or one.answer.retired
    if not reason:
        return ""
    id = reason.text.strip()
    instead = f"see {_link(targets[id], catalog)}" if id in targets else escape(id)
    return f"<b>Retired:</b> {instead}"


def _with_fields(note: Note, changes: Mapping[str, str], position: int) -> Note:
    parts = note_types()[note.kind].fields
    values = zip(parts, note.fields, strict=True)
    fields = tuple(changes.get(part.name, value) for part, value in values)
    return replace(note, fields=fields, position=position)
