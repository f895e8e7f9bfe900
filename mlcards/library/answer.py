"""The types of an answer file: text that knows its place, not yet rendered."""

from __future__ import annotations

from dataclasses import dataclass

from mlcards.text import Fragment


@dataclass(frozen=True, slots=True)
class Citation:
    """A source by its key, and the place in it."""

    key: Fragment
    place: str


@dataclass(frozen=True, slots=True)
class Company:
    """A company, and where it is said to ask the question."""

    name: Fragment
    source: Fragment
    """The key or the address of what says so, or nothing."""
    listed: bool = False
    """Whether that is a list of questions, not somebody's report."""


@dataclass(frozen=True, slots=True)
class Section:
    """A ``##`` heading and what stands below it."""

    heading: Fragment
    body: Fragment


@dataclass(frozen=True, slots=True)
class Question:
    """An atomic prompt with a front and a back (``Q:`` and ``A:``)."""

    id: Fragment
    question: Fragment
    answer: Fragment
    retired: Fragment | None


@dataclass(frozen=True, slots=True)
class Cloze:
    """An atomic prompt with deletions (``C:``)."""

    id: Fragment
    text: Fragment
    retired: Fragment | None


Prompt = Question | Cloze


@dataclass(frozen=True, slots=True)
class Answer:
    """One file: one interview question, answered."""

    id: str
    area: str
    start: Fragment
    """The place of the file's first character, for problems of the file as a whole."""
    companies: tuple[Company, ...]
    topic: Fragment
    difficulty: Fragment
    tracks: tuple[Fragment, ...]
    core_for: tuple[Fragment, ...]
    tags: tuple[Fragment, ...]
    sources: tuple[Citation, ...]
    related: tuple[Fragment, ...]
    retired: Fragment | None
    question: Fragment
    spoken: Fragment
    checklist: Fragment
    sections: tuple[Section, ...]
    prompts: tuple[Prompt, ...]

    @property
    def bodies(self) -> tuple[Fragment, ...]:
        """Everything that may hold code, in the order of the file."""
        parts = [self.spoken, self.checklist, *(section.body for section in self.sections)]
        for prompt in self.prompts:
            match prompt:
                case Question(question=question, answer=answer):
                    parts += [question, answer]
                case Cloze(text=text):
                    parts.append(text)
        return tuple(sorted(parts, key=lambda part: (part.line, part.column)))
