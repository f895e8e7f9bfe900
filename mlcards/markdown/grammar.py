"""Read Markdown as markdown-it does, and formulas and deletions besides.

Each token inside a line tells in ``meta`` where it stands: the ``inline`` token around it, the
``line`` and ``column`` where that begins and, for tokens of ours, the ``offset`` in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.parser_inline import RuleFuncInlineType
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table as split_table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

from mlcards.markdown.leftover import leftover

CLOZE = re.compile(r"\{\{c([\d,]+)::")
"""What opens a deletion."""

# The address of a link or a picture: no deletion ends in it.
_ADDRESS = re.compile(r"\]\([^()\s]*\)|<https?:[^<>\s]*>")
_BAR = re.compile(r"(?<!\\)\|")
_SIGN = re.compile(r"[\\`$]")
# Stands for a `|` inside a formula while markdown-it splits a table; files may not hold it.
_PIPE = "\ue000"

_Deletions = dict[int, tuple[tuple[int, ...], int]]


@cache
def parser() -> MarkdownIt:
    """Return the reader of our Markdown.

    It needs in ``env`` whether ``{{c1::…}}`` is a deletion (``cloze``), the text's ``lines``, and a
    list for what is left as typed (``leftovers``).
    """
    md = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    md.validateLink = lambda url: True  # type: ignore[method-assign]  # markdown.py checks links
    md.normalizeLink = lambda url: url  # type: ignore[method-assign]  # Anki does not decode %20
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    md.block.ruler.before(
        "fence",
        "formula",
        _formula_block,
        {"alt": ["paragraph", "reference", "blockquote", "list"]},
    )
    md.inline.ruler.before("escape", "formula", _formula_inline)
    md.inline.ruler.before("escape", "cloze", _cloze)
    for name, rule, kind in (
        ("link", link, "link_open"),
        ("image", image, "image"),
        ("autolink", autolink, "link_open"),
        ("html_inline", html_inline, "html_inline"),
    ):
        md.inline.ruler.at(name, _noting(rule, kind))
    md.block.ruler.disable("reference")
    md.core.ruler.at("inline", _inline)
    md.core.ruler.after("inline", "leftover", leftover)
    return md


def _noting(rule: RuleFuncInlineType, kind: str) -> RuleFuncInlineType:
    """Let a rule of markdown-it note where its token begins."""

    def noted(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            token = next(token for token in state.tokens[before:] if token.type == kind)
            token.meta = {**token.meta, "offset": start}
            state.tokens[-1].meta = {**state.tokens[-1].meta, "end": state.pos}
        return found

    return noted


def _formula_end(text: str, start: int, end: int) -> int:
    """Return where the formula that opens at ``start`` closes, or -1 if none opens there.

    One dollar opens before a non-space, and closes after a non-space and not before a digit,
    so that "$5 to $10" stays money.
    """
    double = text.startswith("$$", start)
    first = start + (2 if double else 1)
    if first >= end or (not double and text[first].isspace()):
        return -1
    i = first
    while i < end:
        if text[i] == "\\":
            i += 2
        elif text[i] != "$":
            i += 1
        elif double:
            return i + 2 if text.startswith("$$", i) and i > first else -1
        else:
            after = text[i + 1] if i + 1 < end else ""
            closes = i > first and not text[i - 1].isspace() and not after.isdigit()
            return i + 1 if closes else -1
    return -1


def _formula_inline(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if state.src[start] != "$":
        return False
    end = _formula_end(state.src, start, state.posMax)
    if end < 0:
        _lonely_dollar(state, start, silent)
        return False
    if not silent:
        width = 2 if state.src.startswith("$$", start) else 1
        token = state.push("formula", "", 0)
        token.content = state.src[start + width : end - width]
        token.block = width == 2
        token.meta = {"offset": start + width, "end": end}
    state.pos = end
    return True


def _lonely_dollar(state: StateInline, start: int, silent: bool) -> None:
    after = state.src[start + 1 : start + 2]
    if silent or not (after.isalpha() or after in ("$", "\\")):
        return
    token = state.push("lonely_dollar", "", 0)
    token.meta = {"offset": start}


def _formula_block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    begin = state.bMarks[start_line] + state.tShift[start_line]
    if state.is_code_block(start_line) or not state.src.startswith("$$", begin):
        return False
    for line in range(start_line, end_line):
        stop = state.eMarks[line]
        first = begin + 2 if line == start_line else state.bMarks[line] + state.tShift[line]
        if line > start_line and (stop > first and state.sCount[line] < state.blkIndent):
            break
        text = state.src[first:stop].rstrip()
        if "$$" not in text:
            continue
        if not text.endswith("$$") or text.count("$$") > 1:
            return False
        if not silent:
            token = state.push("formula", "", 0)
            rows = [state.src[begin + 2 : state.eMarks[start_line]]]
            rows += [
                state.src[state.bMarks[row] + state.tShift[row] : state.eMarks[row]]
                for row in range(start_line + 1, line + 1)
            ]
            token.content = "\n".join(rows).rstrip().removesuffix("$$")
            token.block = True
            token.map = [start_line, line + 1]
            token.info = "block"
        state.line = line + 1
        return True
    if not silent:
        token = state.push("open_formula", "", 0)
        token.map = [start_line, end_line]
        state.line = end_line
    return True


def _table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """Read a table as markdown-it does, but let no ``|`` inside a formula end a cell."""
    source = state.src
    if "|" not in source:
        return False
    if "protected" not in state.env:
        lines = map(_protect, source.split("\n"))
        state.env["protected"] = "\n".join(lines) if "$" in source else source
    before = len(state.tokens)
    state.src = state.env["protected"]
    try:
        found = split_table(state, start_line, end_line, silent)
        if found and not silent:
            _check_rows(state, state.tokens[before:])
    finally:
        state.src = source
    for token in state.tokens[before:]:
        token.content = token.content.replace(_PIPE, "|")
    return found


def _check_rows(state: StateBlock, tokens: Sequence[Token]) -> None:
    """Push a token for each row that has more or fewer cells than the head."""
    head, *rows = [token.map[0] for token in tokens if token.type == "tr_open" and token.map]
    width = len(_cells(state, head))
    for line in rows:
        cells = _cells(state, line)
        if len(cells) == width:
            continue
        token = state.push("wrong_row", "", 0)
        token.map = [line, line + 1]
        start = state.bMarks[line]
        indent = start - state.src.rfind("\n", 0, start) - 1
        if len(cells) > width:
            token.meta = {"column": indent + cells[width]}
            token.content = (
                "this cell has no head above it; write `\\|` for a `|` that is meant, in code too"
            )
        else:
            token.meta = {"column": indent + state.eMarks[line] - start}
            token.content = (
                f"this row has {len(cells)} of {width} cells; write the others, also if empty"
                ", or end the table with a blank line"
            )


def _cells(state: StateBlock, line: int) -> list[int]:
    """Return where the cells of a row begin in its line, as markdown-it splits it."""
    text = state.src[state.bMarks[line] : state.eMarks[line]].rstrip()
    starts = [len(text) - len(text.lstrip())]
    starts += [match.end() for match in _BAR.finditer(text)]
    if text.startswith("|", starts[0]):
        starts.pop(0)
    if starts and starts[-1] == len(text):
        starts.pop()
    return starts


def _protect(line: str) -> str:
    if "$" not in line or "|" not in line:
        return line
    i = 0
    while match := _SIGN.search(line, i):
        i = match.start()
        if line[i] == "\\":
            i += 2
        elif line[i] == "`":
            i = _code_end(line, i)
        elif (end := _formula_end(line, i, len(line))) > 0:
            line = line[:i] + line[i:end].replace("|", _PIPE) + line[end:]
            i = end
        else:
            i += 1
    return line


def _code_end(text: str, start: int) -> int:
    """Return where the code that begins with the backticks at ``start`` ends."""
    first = start
    while text.startswith("`", first):
        first += 1
    width = first - start
    end = text.find("`" * width, first)
    while end > 0:
        last = end + width
        while text.startswith("`", last):
            last += 1
        if last - end == width:
            return last
        end = text.find("`" * width, last)
    return first


def _cloze(state: StateInline, silent: bool) -> bool:
    if not state.env["cloze"] or not (match := CLOZE.match(state.src, state.pos)):
        return False
    known: dict[str, _Deletions] = state.env.setdefault("deletions", {})
    found = known.get(state.src)
    if found is None:
        found = known[state.src] = _deletions(state.src)
    cuts, end = found.get(state.pos, ((), state.posMax + 1))
    if end > state.posMax:
        return False
    if not silent:
        opening = state.push("cloze_open", "", 1)
        opening.info = match[1]
        opening.meta = {"offset": state.pos}
        rest, parts = state.posMax, (match.end(), *cuts)
        for i in range(0, len(parts), 2):
            if i:
                state.push("cloze_hint", "", 0)
            state.pos, state.posMax = parts[i], parts[i + 1]
            state.md.inline.tokenize(state)
        state.posMax = rest
        state.push("cloze_close", "", -1)
    state.pos = end
    return True


def _deletions(text: str) -> _Deletions:
    """Find where each deletion ends; formulas, code and escapes do not end it.

    Returns, by the place of its ``{{``, the cuts and the end of each. The cuts are (end of the
    text,) or (end of the text, start of the hint, end of the hint).
    """
    found: _Deletions = {}
    opened: list[tuple[int, int]] = []
    i = 0
    while i < len(text):
        if text[i] == "\\":
            i += 2
        elif text[i] == "$" and (end := _formula_end(text, i, len(text))) > 0:
            i = end
        elif text[i] == "`":
            i = _code_end(text, i)
        elif match := _ADDRESS.match(text, i):
            i = match.end()
        elif match := CLOZE.match(text, i):
            opened.append((i, -1))
            i = match.end()
        elif opened and text.startswith("}}", i):
            start, hint = opened.pop()
            found[start] = ((i,) if hint < 0 else (hint, hint + 2, i)), i + 2
            i += 2
        elif opened and text.startswith("::", i):
            start, hint = opened[-1]
            if hint < 0:
                opened[-1] = start, i
            i += 2
        else:
            i += 1
    return found


def _inline(state: StateCore) -> None:
    """Read the inline text of each block, and say where in the file it stands."""
    lines: list[str] = state.env["lines"]
    seen_line, seen_column = -1, 0
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = token.children or []
        state.md.inline.parse(token.content, state.md, state.env, token.children)
        line = token.map[0] if token.map else 0
        first = token.content.split("\n", 1)[0]
        column = max(lines[line].find(first, seen_column if line == seen_line else 0), 0)
        seen_line, seen_column = line, column + len(first)
        for child in token.children:
            child.meta = {**child.meta, "inline": token, "line": line, "column": column}
