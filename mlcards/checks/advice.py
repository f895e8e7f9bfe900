"""Say where an answer leaves the limits that make it good to study; never an error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from mlcards.library import Answer, Cloze, Question
from mlcards.markdown import CodeBlock
from mlcards.notes import Draft, Outline
from mlcards.text import Diagnostic, Fragment

SPOKEN_WORDS = range(60, 131)
CHECKLIST_POINTS = range(4, 7)
PROMPTS = range(3, 9)
BACK_WORDS = 25
CODE_LINES = 40
CODE_COLUMNS = 60
SIMILAR = 0.8
"""The share of words that two fronts may have in common (Jaccard)."""

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_COMMON = frozenset(
    "a an and are as at be by do does for how in is it of on or the to what".split()
)


def advise(draft: Draft) -> Iterator[Diagnostic]:
    """Yield advice on one answer."""
    answer = draft.answer
    yield from _lengths(answer)
    yield from _code([b for b in draft.blocks if b.language == "python" and b.shown])
    yield from _symbols(draft)


def similar(outlines: Iterable[Outline]) -> Iterator[Diagnostic]:
    """Yield advice on fronts that share nearly all their words with one earlier and not related."""
    fronts = [(outline, *front) for outline in outlines for front in _fronts(outline)]
    frequency = Counter(word for *_, words in fronts for word in words)
    holders: dict[str, list[int]] = {}
    for number, (outline, _, place, words) in enumerate(fronts):
        related = {id.text for id in outline.related}
        # Two sets this alike share one of their rarest words: only those are looked up.
        rare = sorted(words, key=lambda word: (frequency[word], word))
        rare = rare[: len(words) - int(SIMILAR * len(words)) + 1]
        near = {other for word in rare for other in holders.get(word, ())}
        for other in sorted(near):
            earlier, twin, _, others = fronts[other]
            if earlier.id in related or outline.id in {id.text for id in earlier.related}:
                continue
            if len(words & others) >= SIMILAR * len(words | others):
                message = f"this asks nearly the same as `{twin}`; ask something else or relate it"
                yield _advice(place, "similar", message)
                break
        for word in rare:
            holders.setdefault(word, []).append(number)


def _fronts(outline: Outline) -> Iterator[tuple[str, Fragment, frozenset[str]]]:
    for note in outline.notes:
        words = frozenset(re.findall(r"\w+", note.title.casefold())) - _COMMON
        if words and not note.retired:
            yield note.key, Fragment("", outline.path, *note.place), words


def _lengths(answer: Answer) -> Iterator[Diagnostic]:
    words = _words(answer.spoken)
    if words not in SPOKEN_WORDS:
        message = f"the spoken answer has {words} words; 60 to 130 can be said in a minute"
        yield _advice(answer.spoken, "spoken-length", message)
    points = len(re.findall(r"^[-*+] ", answer.checklist.text, re.MULTILINE))
    if points not in CHECKLIST_POINTS:
        message = f"points in the checklist: {points}; four to six can be graded"
        yield _advice(answer.checklist, "checklist-length", message)
    prompts = [prompt for prompt in answer.prompts if not prompt.retired]
    if len(prompts) not in PROMPTS:
        message = f"prompts: {len(prompts)}; three to eight cover an answer"
        yield _advice(answer.question, "prompt-count", message)
    for prompt in answer.prompts:
        match prompt:
            case Question(answer=back) if _words(back) > BACK_WORDS:
                message = f"this back has {_words(back)} words; say it in {BACK_WORDS}, or split it"
                yield _advice(back, "back-length", message)
            case Question() | Cloze():
                pass


def _code(blocks: list[CodeBlock]) -> Iterator[Diagnostic]:
    total = 0
    for block in blocks:
        lines = block.code.text.rstrip("\n").split("\n")
        if total <= CODE_LINES < total + len(lines):
            message = f"more than {CODE_LINES} lines of code are shown from here; shorten it"
            yield _advice(block.code, "code-length", message)
        total += len(lines)
        for number, line in enumerate(lines):
            if len(line) > CODE_COLUMNS:
                place = Fragment("", block.code.path, block.code.line + number, CODE_COLUMNS + 1)
                message = f"this line has {len(line)} columns; a phone shows {CODE_COLUMNS}"
                yield _advice(place, "code-width", message)


def _symbols(draft: Draft) -> Iterator[Diagnostic]:
    sections = [section.body for section in draft.answer.sections]
    for body in (draft.answer.spoken, *sections):
        last = body.line + body.text.count("\n")
        inside = [f for f in draft.formulas if body.line <= f.tex.line <= last]
        named = max((f.tex.line for f in inside if not f.display), default=0)
        for formula in inside:
            letters = re.search(r"[a-zA-Z]", re.sub(r"\\[a-zA-Z]+", "", formula.tex.text))
            if formula.display and letters and formula.tex.line > named:
                message = "name each symbol below the formula: where $x$ is …"
                yield _advice(formula.tex, "symbols", message)


def _words(text: Fragment) -> int:
    return len(_FENCED.sub("", text.text).split())


def _advice(place: Fragment, code: str, message: str) -> Diagnostic:
    return Diagnostic(place.path, place.line, place.column, code, message, "advice")
