"""Render Markdown as the HTML of an Anki field: formulas, deletions, code, tables, images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import escape, unescape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from mlcards.markdown import holes
from mlcards.markdown.code import CodeBlock, highlight, read_block
from mlcards.markdown.grammar import CLOZE, parser
from mlcards.markdown.leftover import Leftover
from mlcards.markdown.tex import problems as tex_problems
from mlcards.text import Diagnostic, Fragment

# What Anki interprets in any field (ANKI.md: sound, typed answers, LaTeX, speech).
_SPECIAL = re.compile(r"\[(?=sound:|\[type:|latex\]|\$\$?\]|anki:)")
# MathJax would take these in text or code for the delimiters of a formula.
_DELIMITER = re.compile(r"\\(?=[()\[\]])")
# What was meant as a deletion, in code or a formula.
_DELETION = re.compile(r"\{\{[ \t]*[cC]\d+[ \t]*::?[^\n]{0,300}\}\}")
_IN_CODE = "code hides nothing; put the deletion around all of it, or ask for it with `Q:`"
_FOREIGN = re.compile(r"`.*`|\].*\[/", re.DOTALL)
# Macros whose argument is text, in which MathJax shows each space.
_WORDS = re.compile(r"\\(?:text[a-z]*|mbox|hbox|fbox)\s*\{[^{}]*\}")
_INSTEAD = {
    **dict.fromkeys(["br"], "end a line with `\\` or two spaces to break it"),
    **dict.fromkeys(["b", "strong", "u", "mark", "ins"], "write `**words**`"),
    **dict.fromkeys(["i", "em", "cite", "dfn"], "write `*words*`"),
    **dict.fromkeys(["s", "del", "strike"], "write `~~words~~`"),
    **dict.fromkeys(["sub", "sup"], "write `$x_1$` or `$x^2$`"),
    **dict.fromkeys(["code", "kbd", "samp", "tt"], "put backticks around the words"),
    **dict.fromkeys(["pre"], "put ``` around code"),
    **dict.fromkeys(["a"], "write `[text](https://…)`"),
    **dict.fromkeys(["img", "figure", "picture", "svg"], "write `![what it shows](file.svg)`"),
    **dict.fromkeys(["ul", "ol", "li"], "begin each point with `- ` or `1. `"),
    **dict.fromkeys(["table", "tr", "td", "th", "thead", "tbody"], "write `| a | b |` in rows"),
    **dict.fromkeys(["details", "summary"], "write a `##` section, which is folded"),
    **dict.fromkeys(["h1", "h2", "h3", "h4", "h5", "h6"], "write `## heading`"),
    **dict.fromkeys(["p", "div", "center", "span", "font"], "leave it out"),
    **dict.fromkeys(["blockquote"], "begin the lines with `> `"),
    **dict.fromkeys(["hr"], "write `---` between blank lines"),
}
ADDRESS = re.compile(r"https://[^\s/|]+\.[^\s|]+")
_OPENING = re.compile(r"[(\[\"“‘']$")
_CLOSING = re.compile(r"(?:[-'’]\w+|[.,;:?!)\]\"”’'…%]|&#58;)+")
_PIECES = re.compile(r"(\{\{c[0-9]{1,9}::|::|\}\})")
_MAX_OPEN = 10  # so many deletions Anki lets stand in one another
_CLOZE_SIGNS = str.maketrans({"{": "&#123;", "}": "&#125;", ":": "&#58;"})
IMAGE_SUFFIXES = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


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
class _Job:
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
        self.problems.append(place.problem(code, message))


def render(
    source: Fragment, media: Mapping[str, str], *, inline: bool = False, cloze: bool = False
) -> Rendered:
    """Render a text; what is wrong with it is in ``problems``.

    ``media`` maps the images that the text may show to their names in the package.
    ``inline`` is for a heading: no paragraphs. ``cloze`` reads ``{{c1::…}}`` as a deletion.
    """
    job = _Job(source, media, cloze, source.text.split("\n"))
    html = _renderer().render(_tokens(source.text, job, inline), parser().options, {"job": job})
    return Rendered(
        html.strip(),
        tuple(job.formulas),
        tuple(dict.fromkeys(job.images)),
        frozenset(job.clozes),
        tuple(job.blocks),
        tuple(job.problems),
    )


def code_blocks(source: Fragment) -> tuple[CodeBlock, ...]:
    """Return the fenced code of a text in order."""
    job = _Job(source, {}, False, source.text.split("\n"))
    for token in _tokens(source.text, job, inline=False):
        if token.type == "fence":
            _read_fence(token, job)
    return tuple(job.blocks)


def plain(html: str) -> str:
    """Return the words of rendered HTML, for titles, tables and comparisons."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def deletions(html: str) -> dict[int, str]:
    """Return what each number of ``{{c1::…}}`` hides in the HTML of a cloze note."""
    found: dict[int, list[str]] = {}
    opened: list[tuple[int, list[str], bool]] = []
    for piece in _PIECES.split(html):
        if piece.startswith("{{c") and piece.endswith("::") and len(opened) < _MAX_OPEN:
            opened.append((int(piece[3:-2]), [], False))
        elif piece == "::" and opened:
            number, hidden, _ = opened.pop()
            opened.append((number, hidden, True))  # a hint follows
        elif piece == "}}" and opened:
            number, hidden, _ = opened.pop()
            found.setdefault(number, []).extend(hidden)
        else:
            for _, hidden, is_hint in opened:
                if not is_hint:
                    hidden.append(piece)
    return {number: "".join(hidden) for number, hidden in found.items()}


def _tokens(text: str, job: _Job, inline: bool) -> Sequence[Token]:
    found: list[Leftover] = []
    env = {"cloze": job.cloze, "lines": job.lines, "leftovers": found}
    tokens = parser().parseInline(text, env) if inline else parser().parse(text, env)
    for token in tokens:
        if token.nesting == 1 and token.level >= parser().options["maxNesting"] - 1:
            message = "this is nested so deeply that the rest of it is lost; write it flatter"
            job.problem(job.place(token.map[0] if token.map else 0), "markup", message)
            break
    for one in found:
        assert one.inline.children
        job.problem(_at(job, one.inline.children[0], one.offset), one.code, one.message)
    return tokens


@cache
def _renderer() -> _Renderer:
    return _Renderer()


def _place(job: _Job, child: Token) -> Fragment:
    """Return where an inline token stands in the file."""
    offset = child.meta.get("offset")
    if offset is None:
        offset = max(child.meta["inline"].content.find(child.content), 0)
    return _at(job, child, offset)


def _at(job: _Job, child: Token, offset: int) -> Fragment:
    """Return where a character of the text around an inline token stands in the file."""
    text: str = child.meta["inline"].content
    down = text.count("\n", 0, offset)
    if not down:
        return job.place(child.meta["line"], child.meta["column"] + offset)
    start = text.rfind("\n", 0, offset) + 1
    line = min(child.meta["line"] + down, len(job.lines) - 1)
    own = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    return job.place(line, max(job.lines[line].find(own), 0) + offset - start)


class _Renderer(RendererHTML):
    """markdown-it's renderer, with our own output for what Anki treats specially.

    A method's name is the type of the token that it renders.
    """

    def renderInline(  # noqa: N802 - overrides markdown-it's
        self, tokens: Sequence[Token], options: OptionsDict, env: EnvType
    ) -> str:
        if any(token.nesting for token in tokens):
            _check_nesting(tokens, env["job"])
        html = [
            self.rules.get(token.type, self.renderToken)(tokens, i, options, env)
            for i, token in enumerate(tokens)
        ]
        for i, token in enumerate(tokens):
            if token.type == "formula" and not token.block:
                _keep_together(tokens, i, html)
        return "".join(html)

    def text(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: _Job = env["job"]
        return _neutral(escape(tokens[i].content, quote=False), job)

    def formula(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: _Job = env["job"]
        token = tokens[i]
        tex = token.content.strip()
        lead = token.content[: len(token.content) - len(token.content.lstrip())]
        if token.info == "block":
            row = (token.map[0] if token.map else 0) + lead.count("\n")
            place = job.place(row, max(job.lines[row].find(tex.split("\n")[0]), 0))
        else:
            place = _place(job, token)
            place = Fragment(
                "", place.path, *Fragment(lead, "", place.line, place.column).place(len(lead))
            )
        if (len(tex) - len(tex.rstrip("\\"))) % 2:  # of a space after a backslash
            tex += " "
        found = _deletions_in(tex, place, token.block, job)
        if _FOREIGN.fullmatch(tex):
            job.problem(place, "formula", "write a formula as `$x$`, with nothing around the `$`")
        html = _formula_html(tex, found) if job.cloze else neutral(escape(tex, quote=False))
        if not token.block:
            return rf"\({html}\)"
        formula = rf"\[{html}\]"
        return f'<div class="formula">{formula}</div>\n' if token.info == "block" else formula

    def lonely_dollar(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        message = "this `$` opens a formula that does not close; close it, or write `\\$`"
        env["job"].problem(_place(env["job"], tokens[i]), "formula", message)
        return ""

    def open_formula(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        line = tokens[i].map[0]  # type: ignore[index]
        job: _Job = env["job"]
        place = job.place(line, job.lines[line].find("$$"))
        job.problem(place, "formula", "close this formula with `$$` at the end of a line")
        return ""

    def cloze_open(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        number = tokens[i].info
        if not re.fullmatch("[1-9][0-9]?", number):
            message = "a deletion has one number from 1 to 99: `{{c1::…}}`"
            env["job"].problem(_place(env["job"], tokens[i]), "cloze", message)
        else:
            env["job"].clozes.add(int(number))
        if tokens[i + 1].type == "cloze_close" or tokens[i + 1].type == "cloze_hint":
            message = "write what the deletion hides: `{{c1::word}}`"
            env["job"].problem(_place(env["job"], tokens[i]), "cloze", message)
        return f"{{{{c{number}::"

    def cloze_hint(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "::"

    def cloze_close(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "}}"

    def code_inline(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        job: _Job = env["job"]
        if job.cloze and _DELETION.search(tokens[i].content):
            job.problem(_place(job, tokens[i]), "cloze", _IN_CODE)
        return f"<code>{_neutral(escape(tokens[i].content, quote=False), job)}</code>"

    def fence(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: _Job = env["job"]
        block = _read_fence(tokens[i], job)
        if block is None or not block.shown:
            return ""
        if job.cloze and (match := _DELETION.search(block.code.text)):
            job.problems.append(block.code.problem("cloze", _IN_CODE, match.start()))
        kind = "output" if block.language == "output" else "code"
        return f'<pre class="{kind}"><code>{_neutral(highlight(block), job)}</code></pre>\n'

    def code_block(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        line = tokens[i].map[0]  # type: ignore[index]
        message = "an indented block is code in Markdown; put ``` around code, or do not indent"
        env["job"].problem(env["job"].place(line), "indented-code", message)
        return ""

    def html_block(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        line = tokens[i].map[0]  # type: ignore[index]
        job: _Job = env["job"]
        _raw_html(job, job.place(line, job.lines[line].find("<")), tokens[i].content)
        return ""

    def html_inline(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        _raw_html(env["job"], _place(env["job"], tokens[i]), tokens[i].content)
        return ""

    def heading_open(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        if not tokens[i].markup.startswith("#"):
            message = "a line under a text makes it a heading; write `## heading` or a blank line"
            line = tokens[i].map[0]  # type: ignore[index]
            env["job"].problem(env["job"].place(line), "heading", message)
        return f"<{tokens[i].tag}>"

    def link_open(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: _Job = env["job"]
        href = str(tokens[i].attrGet("href") or "")
        if not ADDRESS.fullmatch(href):
            message = f"`{href[:60]}` is no web address that begins with https://; write one"
            job.problem(_place(job, tokens[i]), "link", message)
        if tokens[i].attrGet("title"):
            message = "what stands in quotes after an address is not shown; write it in the text"
            job.problem(_place(job, tokens[i]), "link", message)
        return f'<a href="{_attribute(href, job)}">'

    def image(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: _Job = env["job"]
        token = tokens[i]
        src = str(token.attrGet("src") or "").removeprefix("./")
        alt = " ".join(_words(token.children or ()).split())
        kinds = {child.type for child in token.children or ()}
        name = job.media.get(src)
        if token.attrGet("title"):
            message = "what stands in quotes after a picture's name is not shown; write it in `[…]`"
            job.problem(_place(job, token), "image", message)
        if "cloze_open" in kinds:
            message = "a picture's text hides nothing; put the deletion around the picture"
            job.problem(_place(job, token), "cloze", message)
        elif "formula" in kinds:
            message = "say the formula in words: a picture's text is read aloud"
            job.problem(_place(job, token), "alt-text", message)
        elif kinds & {"link_open", "image", "html_inline"}:
            message = "a picture's text is plain words; write links and pictures beside it"
            job.problem(_place(job, token), "alt-text", message)
        elif not alt:
            message = "say in words what the picture shows: `![what it shows](file.svg)`"
            job.problem(_place(job, token), "alt-text", message)
        if name is None:
            job.problem(_place(job, token), "image", _image_problem(src, job.media))
            return ""
        job.images.append(name)
        kind = "figure" if name.endswith(".svg") else "photo"
        return f'<img class="{kind}" src="{name}" alt="{_attribute(alt, job)}">'

    def wrong_row(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        line = tokens[i].map[0]  # type: ignore[index]
        place = env["job"].place(line, tokens[i].meta["column"])
        env["job"].problem(place, "table", tokens[i].content)
        return ""

    def table_open(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        return '<div class="table"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"


def neutral(html: str) -> str:
    """Take from HTML what Anki interprets in any field."""
    return _SPECIAL.sub("&#91;", html)


def outside_cloze(html: str) -> str:
    """Take from the HTML of a field what Anki would count as a deletion of a cloze note."""
    return re.sub(r"\{(?=\{c\d)", "&#123;", html)


def shown(html: str) -> str:
    """Return the HTML of a cloze note's text with its deletions open and without their hints."""
    pieces: list[str] = []
    hints = [False]
    for piece in re.split(r"(\{\{c\d+::|::|\}\})", html):
        if CLOZE.match(piece):
            hints.append(hints[-1])
        elif piece == "}}" and len(hints) > 1:
            hints.pop()
        elif piece == "::" and len(hints) > 1:
            hints[-1] = True
        elif not hints[-1]:
            pieces.append(piece)
    return "".join(pieces)


def _neutral(html: str, job: _Job) -> str:
    """Take from text or code what Anki or MathJax would interpret."""
    html = _DELIMITER.sub(r"\\<span></span>", neutral(html))
    return html.translate(_CLOZE_SIGNS) if job.cloze else html


def _attribute(text: str, job: _Job) -> str:
    html = neutral(escape(text))
    return html.translate(_CLOZE_SIGNS) if job.cloze else html


def _words(children: Sequence[Token]) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in children
    )


def _check_nesting(tokens: Sequence[Token], job: _Job) -> None:
    """Report what one HTML element or deletion may not hold of another."""
    stack: list[tuple[str, Token]] = []
    hinted: set[int] = set()
    for token in tokens:
        kind = token.type.rpartition("_")[0]
        if token.nesting == 1:
            if kind == "link" and any(outer == "link" for outer, _ in stack):
                message = "a link cannot stand in a link; write the one beside the other"
                job.problem(_place(job, token), "link", message)
            if kind == "cloze" and any(id(outer) in hinted for _, outer in stack):
                message = "a hint holds no deletion; put it before the `::`, or beside"
                job.problem(_place(job, token), "cloze", message)
            stack.append((kind, token))
        elif token.nesting == -1 or token.type == "cloze_hint":
            outer, opening = stack[-1] if stack else ("", token)
            if outer != kind:
                near = next((one for name, one in reversed(stack) if name == "cloze"), None)
                message = "emphasis and links end on the side of `{{`, `::` and `}}` they begin on"
                job.problem(_place(job, near or opening), "cloze", message)
                return
            if token.nesting == -1:
                stack.pop()
            else:
                hinted.add(id(opening))


def _keep_together(tokens: Sequence[Token], i: int, html: list[str]) -> None:
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


def _deletions_in(tex: str, place: Fragment, display: bool, job: _Job) -> tuple[holes.Hole, ...]:
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
    if _DELETION.search(bare):
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


def _formula_html(tex: str, found: Sequence[holes.Hole]) -> str:
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


def _raw_html(job: _Job, place: Fragment, html: str) -> None:
    if html.lstrip().startswith("<!--"):
        job.problem(
            place, "comment", "this comment is still to be replaced; write the text or delete it"
        )
        return
    tag = html.strip().split("\n")[0][:40]
    name = re.match(r"</?([a-z]+[1-6]?)\b", tag, re.IGNORECASE)
    instead = _INSTEAD.get(name[1].lower() if name else "", "write Markdown")
    job.problem(place, "html", f"raw HTML is not used; {instead}, or put backticks around `{tag}`")


def _image_problem(src: str, media: Mapping[str, str]) -> str:
    if re.match(r"[a-z+]+:|//", src, re.IGNORECASE):
        return "a picture must lie beside the file, so that it shows offline; copy it there"
    if src.startswith("/") or ".." in src.split("/"):
        return f"`{src}` is not beside this file; copy the picture there and write its name alone"
    if not src.lower().endswith(IMAGE_SUFFIXES):
        return f"`{src}` is no picture; use one of {', '.join(IMAGE_SUFFIXES)}"
    return f"there is no file `{src}` beside this one; add it or correct the name"


def _read_fence(token: Token, job: _Job) -> CodeBlock | None:
    line = token.map[0] if token.map else 0
    place = job.place(line, max(job.lines[line].find(token.markup), 0) + len(token.markup))
    block, problem = read_block(token.info, token.content, place)
    if problem:
        job.problems.append(problem)
    if block:
        job.blocks.append(block)
    return block
