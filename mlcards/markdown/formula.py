"""Write a formula as MathJax and Anki take it, with what a cloze hides in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from markdown_it.token import Token

from mlcards.markdown import holes
from mlcards.markdown.fields import neutral
from mlcards.markdown.job import Formula, Job
from mlcards.markdown.tex import problems as tex_problems
from mlcards.text import Fragment

MEANT_AS_DELETION = re.compile(r"\{\{[ \t]*[cC]\d+[ \t]*::?[^\n]{0,300}\}\}")
"""What was meant as a deletion, in code or a formula."""
FOREIGN = re.compile(r"`.*`|\].*\[/", re.DOTALL)
# Macros whose argument is text, in which MathJax shows each space.
_WORDS = re.compile(r"\\(?:text[a-z]*|mbox|hbox|fbox)\s*\{[^{}]*\}")
_OPENING = re.compile(r"[(\[\"“‘']$")
_CLOSING = re.compile(r"(?:[-'’]\w+|[.,;:?!)\]\"”’'…%]|&#58;)+")


def keep_together(tokens: Sequence[Token], i: int, html: list[str]) -> None:
    """Let no line break between the formula at ``i`` and the punctuation at it.

    A browser would break there, even at U+2060. ``html`` is what each token became.
    """
    first = last = i
    while first and tokens[first - 1].nesting == 1 and tokens[last + 1].nesting == -1:
        first, last = first - 1, last + 1  # a deletion, link or emphasis of the formula alone
    before = after = ""
    if first and tokens[first - 1].type == "text" and (match := _OPENING.search(html[first - 1])):
        before = match[0]
        html[first - 1] = html[first - 1].removesuffix(before)
    if last + 1 < len(tokens) and tokens[last + 1].type == "text":
        after = match[0] if (match := _CLOSING.match(html[last + 1])) else ""
        html[last + 1] = html[last + 1].removeprefix(after)
    if before or after:
        html[first] = f'<span class="unbroken">{before}{html[first]}'
        html[last] += f"{after}</span>"


def deletions_in(tex: str, place: Fragment, display: bool, job: Job) -> tuple[holes.Hole, ...]:
    """Note a formula as each side of its card shows it; return what a cloze hides in it."""
    found = tuple(holes.holes(tex)) if job.cloze else ()
    bare = holes.blanked(tex) if found else tex
    wrong = tuple(tex_problems(Fragment(bare, place.path, place.line, place.column)))
    job.problems.extend(wrong)
    if not wrong:  # else MathJax would say it again, in its own words
        sides = {holes.side(tex, hidden) for hidden in (False, True)} if found else {tex}
        for text in sorted(sides):
            shown = Fragment(text, place.path, place.line, place.column)
            job.formulas.append(Formula(shown, display))
    if MEANT_AS_DELETION.search(bare):
        message = "close this deletion with `}}`, as in `$x = {{c1::y}}$`"
        if not job.cloze:
            message = "a formula hides nothing here; deletions stand after `C:` only"
        job.problem(place, "cloze", message)
    for hole in found:
        if tex[: hole.start].rstrip().endswith(("^", "_")):
            message = "put braces of TeX around this deletion: `x^{ {{c1::2}} }`"
            job.problem(place, "cloze", message)
        elif not hole.hidden.strip():
            job.problem(place, "cloze", "write what the deletion hides: `{{c1::word}}`")
        job.clozes.add(hole.number)
    return found


def formula_html(tex: str, found: Sequence[holes.Hole]) -> str:
    """Return a formula of a cloze note, in which only the deletions found are some."""

    def plain_tex(tex: str) -> str:  # `}}` would end a deletion and `::` would start its hint
        html = neutral(escape(tex, quote=False))
        html = _WORDS.sub(lambda match: match[0].replace("::", ":&#58;"), html)
        return re.sub(r"([{}:])(?=\1)", r"\1 ", html)

    parts: list[str] = []
    end = 0
    for hole in found:
        hint = f"::{plain_tex(hole.hint)}" if hole.hint else ""
        parts += [plain_tex(tex[end : hole.start]), " " if tex[: hole.start].endswith("{") else ""]
        parts.append(f"{{{{c{hole.number}::{plain_tex(hole.hidden.strip())}{hint} }}}}")
        end = hole.end
    return "".join([*parts, plain_tex(tex[end:])])
