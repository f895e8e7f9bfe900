"""Turn the text of an answer file into an Answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from mlcards.library.answer import Answer, Citation, Cloze, Prompt, Question, Section
from mlcards.library.catalog import ID, ID_RULE, MAX_ID
from mlcards.library.header import Header, read_header
from mlcards.markdown import ODD_SPACES, name_of, odd_space
from mlcards.text import Diagnostic, Fragment

_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|$)")
_NO_SPACE = re.compile(rf" {{0,3}}#{{1,6}}(?=[^#\s{ODD_SPACES}])")
_ODD_SPACE = re.compile(f"[{ODD_SPACES}]")
_ODD_HEADING = re.compile(rf" {{0,3}}(?:#{{1,6}}|[{ODD_SPACES}]+#{{1,6}} )[{ODD_SPACES}]?")
_FRONTMATTER = re.compile(r"---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r" {0,3}(retired|[QAC]):(?:[ \t]+|$)", re.MULTILINE)
# What was meant as such a mark.
_NEAR_MARK = re.compile(
    rf"[ \t>{ODD_SPACES}]*(?:[-+*]|\d+[.)])?[ \t]*[*_]{{0,3}}[ \t]*"
    r"(?P<name>q|a|c|question|answer|cloze|retired|front|back)"
    rf"[*_]{{0,3}}[ \t{ODD_SPACES}]*[:：][*_]{{0,3}}",
    re.IGNORECASE,
)
_NO_SPACE_MARK = re.compile(r" {0,3}([QAC]):(?=[^\s\\/:]|[" + ODD_SPACES + "])")
_INSIDE = re.compile(r"(?<=\s)A:(?=\s)")
_BLOCK = re.compile(r"(?:[-+*]|\d{1,9}[.)])(?=[ \t])|>|#{1,6}(?=[ \t])|`{3}|~{3}|\|")
_LETTERS = re.compile(r"[^\W\d_]+")


def parse(fragment: Fragment, area: str, id: str) -> tuple[Answer, tuple[Diagnostic, ...]]:
    """Read the whole of one answer file; return it with everything that is wrong in its form.

    What is missing is empty, so that the rest can still be checked.
    """
    parser = _Parser(fragment, area, id)
    return parser.answer(), tuple(parser.problems)


class _Parser:
    def __init__(self, fragment: Fragment, area: str, id: str) -> None:
        self.fragment = fragment
        self.area = area
        self.id = id
        self.problems: list[Diagnostic] = []

    def problem(self, place: Fragment, code: str, message: str) -> None:
        self.problems.append(place.problem(code, message))

    def answer(self) -> Answer:
        start = self.fragment.slice(0, 0)
        self.check_id(Fragment(self.id, start.path), "file name")
        header = _FRONTMATTER.match(self.fragment.text)
        keys = Header()
        body = self.fragment
        if header is None:
            self.problem(
                start, "frontmatter", "begin the file with `---`, the keys, and a second `---`"
            )
        else:
            keys, wrong = read_header(self.fragment.slice(*header.span(1)))
            self.problems.extend(wrong)
            body = self.fragment.slice(header.end())
        lines, fence = _lines(body.text)
        for offset, line in lines:
            if "#" in line:
                self.check_heading(body, offset, line)
        if fence is not None:
            message = "this opens code that nothing closes; write the same signs alone below it"
            self.problem(body.slice(fence, fence), "fence", message)
        question, spoken, parts = self.body(body)
        sections = self.sections(parts)
        checklist = self.take(sections, "checklist")
        if checklist is None:
            self.no_checklist(body, question, sections)
        prompts = self.take(sections, "prompts")
        for section in sections:
            self.check_no_prompts(section)
        read = tuple(self.prompts(prompts.body)) if prompts else ()
        nothing = start
        return Answer(
            id=self.id,
            area=self.area,
            start=start,
            companies=keys.companies,
            topic=keys.words.get("topic", nothing),
            difficulty=keys.words.get("difficulty", nothing),
            tracks=keys.lists.get("tracks", ()),
            core_for=keys.lists.get("core_for", ()),
            tags=keys.lists.get("tags", ()),
            sources=tuple(map(_citation, keys.lists.get("sources", ()))),
            related=keys.lists.get("related", ()),
            retired=keys.words.get("retired"),
            question=question,
            spoken=spoken,
            checklist=checklist.body if checklist else nothing,
            sections=tuple(sections),
            prompts=read,
        )

    def check_heading(self, body: Fragment, offset: int, line: str) -> None:
        start = offset + len(line) - len(line.lstrip(" "))
        if _NO_SPACE.match(line):
            message = "put a space after the `#` of a heading, or write `\\#`"
            self.problem(body.slice(start, start), "heading", message)
        elif (match := _ODD_HEADING.match(line)) and (odd := _ODD_SPACE.search(match[0])):
            self.problem(body.slice(start, start), "markup", odd_space(odd[0]))

    def no_checklist(self, body: Fragment, question: Fragment, sections: list[Section]) -> None:
        """Say that the checklist is missing, at what was meant as one or where it belongs."""
        reported = {one.line for one in self.problems if one.code in ("heading", "markup")}
        for offset, line in _lines(body.text)[0]:
            name = "".join(_LETTERS.findall(line)).casefold()
            if len(name) < 20 and near(name, "checklist"):
                place = body.slice(offset, offset)
                if place.line in reported or re.match(" {0,3}## +checklist *#*$", line, re.I):
                    return
                message = "write this heading as `## Checklist`"
                break
        else:
            place = sections[0].heading if sections else question or self.fragment.slice(0, 0)
            message = "write a `## Checklist` of four to six points"
            if sections:
                message += " above this section"
        self.problem(place, "checklist", message)

    def check_no_prompts(self, section: Section) -> None:
        """Report prompts that stand in a section of another name."""
        lines = _lines(section.body.text)[0]
        marks = {match[1] for _, line in lines if (match := _MARK.match(line))}
        heads = any(_HEADING.match(line) for _, line in lines)
        called = near(section.heading.text.casefold(), "prompts")
        if (heads or called) and ({"Q", "A"} <= marks or "C" in marks):
            message = "prompts stand in the section `## Prompts`; write this heading so"
            self.problem(section.heading, "prompt", message)

    def check_id(self, id: Fragment, what: str) -> None:
        if not id:
            self.problem(id, "id", f"write the {what} here")
        elif not ID.fullmatch(id.text):
            self.problem(id, "id", f"`{id}` is no {what}; {ID_RULE}")
        elif len(id.text) > MAX_ID:
            self.problem(id, "id", f"this {what} is longer than {MAX_ID} characters; shorten it")

    def body(self, fragment: Fragment) -> tuple[Fragment, Fragment, list[Section]]:
        before, *titles = split(fragment, 1)
        question = fragment.slice(len(fragment.text))
        if not titles:
            place = before.body.strip() or question
            self.problem(place, "question", "write the question as a heading: `# What is …?`")
            return question, question, []
        if text := before.body.strip():
            self.problem(text, "question", "nothing may stand above the `# question`")
        for title in titles[1:]:
            message = "one file holds one `# question`; use `##` for a section"
            self.problem(title.heading, "question", message)
        question = titles[0].heading
        first, *parts = split(fragment, 2)
        spoken = split(first.body, 1)[-1].body.trim()
        if not question:
            self.problem(question, "question", "write the question after the `#`")
        if not spoken:
            self.problem(question, "spoken", "write the spoken answer below the question")
        return question, spoken, parts

    def sections(self, parts: list[Section]) -> list[Section]:
        sections: list[Section] = []
        for part in parts:
            section = Section(part.heading, part.body.trim())
            if not section.heading:
                self.problem(section.heading, "section", "give this section a name: `## …`")
            elif any(_same(section, other.heading.text) for other in sections):
                message = f"`{section.heading}` stands twice; give each section its own name"
                self.problem(section.heading, "section", message)
            elif not section.body:
                message = f"`{section.heading}` is empty; fill it or delete the heading"
                self.problem(section.heading, "section", message)
            sections.append(section)
        return sections

    def take(self, sections: list[Section], name: str) -> Section | None:
        found = next((section for section in sections if _same(section, name)), None)
        if found:
            sections.remove(found)
        return found

    def prompts(self, body: Fragment) -> Iterator[Prompt]:
        before, *parts = split(body, 3)
        if text := before.body.strip():
            self.problem(text, "prompt", "begin each prompt with its id: `### short-id`")
        seen: set[str] = set()
        for part in parts:
            self.check_id(part.heading, "prompt id")
            if part.heading.text in seen:
                message = f"the prompt id `{part.heading}` stands twice; give each prompt its own"
                self.problem(part.heading, "id", message)
            seen.add(part.heading.text)
            prompt = self.prompt(part)
            if prompt:
                yield prompt

    def prompt(self, section: Section) -> Prompt | None:
        wrong = len(self.problems)
        (_, before), *marked = _marked(section.body)
        parts = self.parts(marked)
        retired = parts.pop("retired", None)
        whole = "C" in parts or {"Q", "A"} <= parts.keys()
        missing = {"Q", "A"} - parts.keys() or {"Q", "A"}
        missing = set() if whole else missing if parts else {"Q", "A", "C"}
        for text in (before, *(text for _, text in marked)):
            self.check_marks(text, missing if retired else missing | {"retired"})
        if text := before.strip():
            if len(self.problems) == wrong:
                message = "this text belongs to no prompt; begin it with `Q:`, `A:` or `C:`"
                self.problem(text, "prompt", message)
            return None
        match parts:
            case {"C": text, **rest} if not rest:
                return Cloze(section.heading, text, retired)
            case {"Q": question, "A": answer, **rest} if not rest:
                return Question(section.heading, question, answer, retired)
        if len(self.problems) == wrong:
            message = "a prompt is `Q:` and `A:`, or `C:` alone; write one of the two forms"
            self.problem(section.heading, "prompt", message)
        return None

    def parts(self, marked: list[tuple[Fragment, Fragment]]) -> dict[str, Fragment]:
        parts: dict[str, Fragment] = {}
        for name, text in marked:
            if name.text in parts:
                message = f"`{name}:` stands twice; start a new prompt with `### short-id`"
                self.problem(name, "prompt", message)
            elif not text.text.strip():
                self.problem(name, "prompt", f"write something after `{name}:`")
            elif match := _BLOCK.match(text.text):
                sign = match[0][-1]
                message = f"begin lists, code and tables on a line of their own below `{name}:`"
                if sign not in "`~":
                    message += f"; for the sign itself write `\\{sign}`"
                if sign == "-":
                    message += ", for a number `$-2$`"
                self.problem(text, "prompt", message)
            parts[name.text] = text.trim()
        return parts

    def check_marks(self, text: Fragment, missing: set[str]) -> None:
        """Report what was meant as a mark that this prompt lacks."""
        for offset, line in _lines(text.text)[0]:
            if match := _NO_SPACE_MARK.match(line):
                odd = line[match.end()]
                what = f"the {name_of(odd)}" if re.match(f"[{ODD_SPACES}]", odd) else "no space"
                message = f"write `{match[1]}: …` with a plain space; there is {what} after it"
            elif (match := _NEAR_MARK.match(line)) and _mark_of(match["name"]) in missing:
                meant = _mark_of(match["name"])
                message = f"write `{meant}: …` at the start of the line, with nothing around it"
            elif "A" in missing and "Q" not in missing and (match := _INSIDE.search(line)):
                message = "`A:` begins a line; put it below the question"
            else:
                continue
            place = offset + match.start() + len(match[0]) - len(match[0].lstrip())
            self.problem(text.slice(place, place), "prompt", message)


def near(word: str, name: str) -> bool:
    """Tell whether a word was probably meant as a name."""
    return word == name or SequenceMatcher(None, word, name).ratio() > 0.8


def _mark_of(name: str) -> str:
    meant = {"front": "Q", "back": "A"}.get(name.casefold(), name[0].upper())
    return "retired" if name.casefold() == "retired" else meant


def split(fragment: Fragment, level: int) -> list[Section]:
    """Split a text at its headings of one level, outside of code.

    The first item has an empty heading and holds what stands before the first one.
    """
    heading = fragment.slice(0, 0)
    start = 0
    found: list[Section] = []
    for offset, line in _lines(fragment.text)[0]:
        match = _HEADING.match(line)
        if match and len(match[1]) == level:
            found.append(Section(heading, fragment.slice(start, offset)))
            title = re.sub(r"[ \t]#+[ \t]*$", "", line)
            heading = fragment.slice(offset + match.end(), offset + len(title)).strip()
            start = min(offset + len(line) + 1, len(fragment.text))
    return [*found, Section(heading, fragment.slice(start))]


def _marked(fragment: Fragment) -> list[tuple[Fragment, Fragment]]:
    """Split a prompt at its ``Q:``, ``A:``, ``C:`` and ``retired:``, outside of code."""
    marks = [
        match
        for offset, _ in _lines(fragment.text)[0]
        if (match := _MARK.match(fragment.text, offset))
    ]
    ends = [*(mark.start() for mark in marks), len(fragment.text)]
    pieces = [(fragment.slice(0, 0), fragment.slice(0, ends[0]))]
    for mark, end in zip(marks, ends[1:], strict=True):
        pieces.append((fragment.slice(*mark.span(1)), fragment.slice(mark.end(), end)))
    return pieces


def _lines(text: str) -> tuple[list[tuple[int, str]], int | None]:
    """Return the lines outside of fenced code, with offsets, and where a fence is left open."""
    found: list[tuple[int, str]] = []
    offset = 0
    fence = ""
    opened = 0
    for line in text.split("\n"):
        closing = line.strip()
        if fence:
            if len(closing) >= len(fence) and set(closing) == {fence[0]}:
                fence = ""
        elif match := _FENCE.match(line):
            fence, opened = match[1], offset + match.start(1)
        else:
            found.append((offset, line))
        offset += len(line) + 1
    return found, opened if fence else None


def _same(section: Section, name: str) -> bool:
    return section.heading.text.casefold() == name.casefold()


def _citation(source: Fragment) -> Citation:
    key, _, place = source.text.strip().partition(" ")
    return Citation(Fragment(key, source.path, source.line, source.column), place.strip())
