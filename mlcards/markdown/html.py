"""Render Markdown as the HTML of an Anki field: formulas, deletions, code, tables, images."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from mlcards.markdown.code import CodeBlock, highlight, read_block
from mlcards.markdown.fields import neutral
from mlcards.markdown.formula import (
    FOREIGN,
    MEANT_AS_DELETION,
    deletions_in,
    formula_html,
    keep_together,
)
from mlcards.markdown.grammar import parser
from mlcards.markdown.job import (
    Job,
    Rendered,
    attribute,
    neutral_in,
    place_in_token,
    place_of_token,
)
from mlcards.markdown.leftover import Leftover
from mlcards.markdown.refused import check_nesting, image_problem, raw_html
from mlcards.text import Fragment

_IN_CODE = "code hides nothing; put the deletion around all of it, or ask for it with `Q:`"
ADDRESS = re.compile(r"https://[^\s/|]+\.[^\s|]+")


def render(
    source: Fragment, media: Mapping[str, str], *, inline: bool = False, cloze: bool = False
) -> Rendered:
    """Render a text; what is wrong with it is in ``problems``.

    ``media`` maps the images that the text may show to their names in the package.
    ``inline`` is for a heading: no paragraphs. ``cloze`` reads ``{{c1::…}}`` as a deletion.
    """
    job = Job(source, media, cloze, source.text.split("\n"))
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
    job = Job(source, {}, False, source.text.split("\n"))
    for token in _tokens(source.text, job, inline=False):
        if token.type == "fence":
            _read_fence(token, job)
    return tuple(job.blocks)


def _tokens(text: str, job: Job, inline: bool) -> Sequence[Token]:
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
        job.problem(place_in_token(job, one.inline.children[0], one.offset), one.code, one.message)
    return tokens


@cache
def _renderer() -> _Renderer:
    return _Renderer()


class _Renderer(RendererHTML):
    """markdown-it's renderer, with our own output for what Anki treats specially.

    A method's name is the type of the token that it renders.
    """

    def renderInline(  # noqa: N802 - overrides markdown-it's
        self, tokens: Sequence[Token], options: OptionsDict, env: EnvType
    ) -> str:
        if any(token.nesting for token in tokens):
            check_nesting(tokens, env["job"])
        html = [
            self.rules.get(token.type, self.renderToken)(tokens, i, options, env)
            for i, token in enumerate(tokens)
        ]
        for i, token in enumerate(tokens):
            if token.type == "formula" and not token.block:
                keep_together(tokens, i, html)
        return "".join(html)

    def text(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: Job = env["job"]
        return neutral_in(escape(tokens[i].content, quote=False), job)

    def formula(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: Job = env["job"]
        token = tokens[i]
        tex = token.content.strip()
        lead = token.content[: len(token.content) - len(token.content.lstrip())]
        if token.info == "block":
            row = (token.map[0] if token.map else 0) + lead.count("\n")
            place = job.place(row, max(job.lines[row].find(tex.split("\n")[0]), 0))
        else:
            place = place_of_token(job, token)
            place = Fragment(
                "", place.path, *Fragment(lead, "", place.line, place.column).place(len(lead))
            )
        if (len(tex) - len(tex.rstrip("\\"))) % 2:  # of a space after a backslash
            tex += " "
        found = deletions_in(tex, place, token.block, job)
        if FOREIGN.fullmatch(tex):
            job.problem(place, "formula", "write a formula as `$x$`, with nothing around the `$`")
        html = formula_html(tex, found) if job.cloze else neutral(escape(tex, quote=False))
        if not token.block:
            return rf"\({html}\)"
        formula = rf"\[{html}\]"
        return f'<div class="formula">{formula}</div>\n' if token.info == "block" else formula

    def lonely_dollar(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        message = "this `$` opens a formula that does not close; close it, or write `\\$`"
        env["job"].problem(place_of_token(env["job"], tokens[i]), "formula", message)
        return ""

    def open_formula(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        line = tokens[i].map[0]  # type: ignore[index]
        job: Job = env["job"]
        place = job.place(line, job.lines[line].find("$$"))
        job.problem(place, "formula", "close this formula with `$$` at the end of a line")
        return ""

    def cloze_open(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        number = tokens[i].info
        if not re.fullmatch("[1-9][0-9]?", number):
            message = "a deletion has one number from 1 to 99: `{{c1::…}}`"
            env["job"].problem(place_of_token(env["job"], tokens[i]), "cloze", message)
        else:
            env["job"].clozes.add(int(number))
        if tokens[i + 1].type == "cloze_close" or tokens[i + 1].type == "cloze_hint":
            message = "write what the deletion hides: `{{c1::word}}`"
            env["job"].problem(place_of_token(env["job"], tokens[i]), "cloze", message)
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
        job: Job = env["job"]
        if job.cloze and MEANT_AS_DELETION.search(tokens[i].content):
            job.problem(place_of_token(job, tokens[i]), "cloze", _IN_CODE)
        return f"<code>{neutral_in(escape(tokens[i].content, quote=False), job)}</code>"

    def fence(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: Job = env["job"]
        block = _read_fence(tokens[i], job)
        if block is None or not block.shown:
            return ""
        if job.cloze and (match := MEANT_AS_DELETION.search(block.code.text)):
            job.problems.append(block.code.problem("cloze", _IN_CODE, match.start()))
        kind = "output" if block.language == "output" else "code"
        return f'<pre class="{kind}"><code>{neutral_in(highlight(block), job)}</code></pre>\n'

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
        job: Job = env["job"]
        raw_html(job, job.place(line, job.lines[line].find("<")), tokens[i].content)
        return ""

    def html_inline(
        self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType
    ) -> str:
        raw_html(env["job"], place_of_token(env["job"], tokens[i]), tokens[i].content)
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
        job: Job = env["job"]
        href = str(tokens[i].attrGet("href") or "")
        if not ADDRESS.fullmatch(href):
            message = f"`{href[:60]}` is no web address that begins with https://; write one"
            job.problem(place_of_token(job, tokens[i]), "link", message)
        if tokens[i].attrGet("title"):
            message = "what stands in quotes after an address is not shown; write it in the text"
            job.problem(place_of_token(job, tokens[i]), "link", message)
        return f'<a href="{attribute(href, job)}">'

    def image(self, tokens: Sequence[Token], i: int, options: OptionsDict, env: EnvType) -> str:
        job: Job = env["job"]
        token = tokens[i]
        src = str(token.attrGet("src") or "").removeprefix("./")
        alt = " ".join(_words(token.children or ()).split())
        kinds = {child.type for child in token.children or ()}
        name = job.media.get(src)
        if token.attrGet("title"):
            message = "what stands in quotes after a picture's name is not shown; write it in `[…]`"
            job.problem(place_of_token(job, token), "image", message)
        if "cloze_open" in kinds:
            message = "a picture's text hides nothing; put the deletion around the picture"
            job.problem(place_of_token(job, token), "cloze", message)
        elif "formula" in kinds:
            message = "say the formula in words: a picture's text is read aloud"
            job.problem(place_of_token(job, token), "alt-text", message)
        elif kinds & {"link_open", "image", "html_inline"}:
            message = "a picture's text is plain words; write links and pictures beside it"
            job.problem(place_of_token(job, token), "alt-text", message)
        elif not alt:
            message = "say in words what the picture shows: `![what it shows](file.svg)`"
            job.problem(place_of_token(job, token), "alt-text", message)
        if name is None:
            job.problem(place_of_token(job, token), "image", image_problem(src, job.media))
            return ""
        job.images.append(name)
        kind = "figure" if name.endswith(".svg") else "photo"
        return f'<img class="{kind}" src="{name}" alt="{attribute(alt, job)}">'

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


def _words(children: Sequence[Token]) -> str:
    return "".join(
        " " if child.type in ("softbreak", "hardbreak") else child.content for child in children
    )


def _read_fence(token: Token, job: Job) -> CodeBlock | None:
    line = token.map[0] if token.map else 0
    place = job.place(line, max(job.lines[line].find(token.markup), 0) + len(token.markup))
    block, problem = read_block(token.info, token.content, place)
    if problem:
        job.problems.append(problem)
    if block:
        job.blocks.append(block)
    return block
