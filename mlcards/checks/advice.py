"""Say where an answer leaves the limits that make it good to study; never an error."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from mlcards.library import Answer, Catalog, Cloze, Question
from mlcards.markdown import CodeBlock
from mlcards.notes import Draft, Outline
from mlcards.text import Diagnostic, Fragment

SPOKEN_WORDS = range(60, 151)
SHOWN_WORDS = {"easy": 900, "medium": 1200, "hard": 1500}
"""What an answer shows at the most: prose, tables and code, without prompts and tests."""
CHECKLIST_POINTS = range(4, 7)
PROMPTS = range(4, 9)
MAX_CORE = 40
"""So many answers may a track's core have: three weeks teach no more."""
BACK_WORDS = 25
CODE_LINES = 40
CODE_COLUMNS = 60
SIMILAR = 0.8
"""The share of words that two fronts may have in common (Jaccard)."""

_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_HIDDEN = re.compile(r"^```python (?:test|figure=)[^`]*^```$|^```[^\n]*$", re.MULTILINE)
_POINT = re.compile(r"^[-*+] (.*(?:\n[ ]+.*)*)", re.MULTILINE)
_COMMON = frozenset(
    "a an and are as at be by do does for how in is it of on or the to what not its but can has "
    "with that this from than then when which you".split()
)


def advise(draft: Draft) -> Iterator[Diagnostic]:
    """Yield advice on one answer."""
    answer = draft.answer
    yield from _lengths(answer)
    yield from _code([b for b in draft.blocks if b.language == "python" and b.shown])
    yield from _symbols(draft)


def advise_library(
    compiled: Iterable[Outline], catalog: Catalog, folder: Path
) -> Iterator[Diagnostic]:
    """Yield advice on the answers of a cards folder together."""
    outlines = tuple(compiled)
    yield from _similar(outlines)
    yield from _untaught(outlines, catalog)
    yield from _large_cores(outlines, catalog, (folder / "taxonomy.yaml").as_posix())


def _similar(outlines: Iterable[Outline]) -> Iterator[Diagnostic]:
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


def _untaught(outlines: Iterable[Outline], catalog: Catalog) -> Iterator[Diagnostic]:
    """Yield advice on answers that the written curriculum leaves out."""
    listed = {id.text for id, _ in catalog.curriculum}
    for one in outlines:
        if listed and one.id not in listed:
            message = "this answer comes at the end of its topic; list it in curriculum.yaml"
            yield _advice(Fragment("", one.path), "untaught", message)


def _large_cores(
    outlines: Iterable[Outline], catalog: Catalog, taxonomy: str
) -> Iterator[Diagnostic]:
    """Yield advice on each track of which more must not be skipped than can be learned."""
    tags = Counter(tag for one in outlines for note in one.notes[:1] for tag in note.tags)
    for track in catalog.tracks.terms:
        number = tags[catalog.settings.tag("core", track.tag)]
        if number > MAX_CORE:
            message = f"the core of `{track.id}` has {number} answers; {MAX_CORE} can be learned"
            yield _advice(Fragment("", taxonomy), "core-size", message)


def _fronts(outline: Outline) -> Iterator[tuple[str, Fragment, frozenset[str]]]:
    for note in outline.notes:
        words = frozenset(re.findall(r"\w+", note.title.casefold())) - _COMMON
        if words and not note.retired:
            yield note.key, Fragment("", outline.path, *note.place), words


def _lengths(answer: Answer) -> Iterator[Diagnostic]:
    words = _words(answer.spoken)
    if words not in SPOKEN_WORDS:
        message = f"the spoken answer has {words} words; 60 to 150 can be said in a minute"
        yield _advice(answer.spoken, "spoken-length", message)
    points = len(re.findall(r"^[-*+] ", answer.checklist.text, re.MULTILINE))
    if points not in CHECKLIST_POINTS:
        message = f"points in the checklist: {points}; four to six can be graded"
        yield _advice(answer.checklist, "checklist-length", message)
    words, most = _shown_words(answer), SHOWN_WORDS.get(answer.difficulty.text.casefold(), 1500)
    if words > most:
        message = f"this shows {words} words; {answer.difficulty} asks for {most} at the most"
        yield _advice(answer.question, "shown-length", message)
    yield from _unsaid(answer)
    prompts = [prompt for prompt in answer.prompts if not prompt.retired]
    if len(prompts) not in PROMPTS:
        message = f"prompts: {len(prompts)}; four to eight cover an answer"
        yield _advice(answer.question, "prompt-count", message)
    for prompt in answer.prompts:
        match prompt:
            case Question(answer=back) if _words(back) > BACK_WORDS:
                message = f"this back has {_words(back)} words; say it in {BACK_WORDS}, or split it"
                yield _advice(back, "back-length", message)
            case Question() | Cloze():
                pass


def _shown_words(answer: Answer) -> int:
    parts = [answer.question, answer.spoken, answer.checklist]
    parts += [part for section in answer.sections for part in (section.heading, section.body)]
    return sum(len(_HIDDEN.sub("", part.text).split()) for part in parts)


def _unsaid(answer: Answer) -> Iterator[Diagnostic]:
    """Yield advice on a point of the checklist of which most key words are not said."""
    said = _stems(answer.spoken.text)
    for match in _POINT.finditer(answer.checklist.text):
        wanted = _stems(match[1])
        if wanted and len(wanted & said) < 0.5 * len(wanted):
            missing = ", ".join(sorted(wanted - said))
            place = answer.checklist.slice(match.start(1), match.start(1))
            yield _advice(place, "unsaid", f"the spoken answer does not say this ({missing}…)")


def _stems(text: str) -> frozenset[str]:
    """Return the beginnings of the telling words of a text."""
    words = re.findall(r"[^\W_]{3,}", re.sub(r"\$[^$]*\$", " ", text).casefold())
    return frozenset(word[:5] for word in words if word not in _COMMON)


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
