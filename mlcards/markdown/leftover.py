"""Find what still looks like markup in the text that Markdown has left as it was typed."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html.entities import name2codepoint

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

ODD_SPACES = "\u00a0\u1680\u2000-\u200d\u202f\u205f\u2060\u3000\ufeff"
"""Spaces that Markdown takes for letters, as the inside of a character class."""

_ENOUGH = 100
"""So many places of one paragraph are reported."""

# In the text that is searched, these stand for a formula, code or a picture, and for an escaped
# sign (this plus its number).
_OBJECT = "\ufffc"
_ESCAPED = 0x10FE00


@dataclass(frozen=True, slots=True)
class Leftover:
    """What was left as typed at one place."""

    inline: Token
    offset: int
    """The place in the source of the inline token."""
    code: str
    message: str


def leftover(state: StateCore) -> None:
    """Note in ``env`` what each inline token leaves as typed; a rule of markdown-it's core.

    It stands before ``text_join``, which makes an escaped sign equal to one as typed.
    """
    found: list[Leftover] = state.env["leftovers"]
    cloze: bool = state.env["cloze"]
    before = ""
    for token in state.tokens:
        if token.type == "inline" and token.children:
            marks = sorted(_search(token.children, before == "paragraph_open", cloze))[:_ENOUGH]
            if marks:
                offset = _offsets(token)
                found += [Leftover(token, offset(at), *mark) for at, *mark in marks]
            for child in token.children:
                if child.children:  # the text of a picture
                    marks = sorted(_search(child.children, False, cloze))
                    found += [Leftover(token, child.meta["offset"], *mark) for _, *mark in marks]
        before = token.type


def name_of(sign: str) -> str:
    """Return what a character is called, for messages."""
    return f"{unicodedata.name(sign, 'character').lower()} (U+{ord(sign):04X})"


def odd_space(sign: str) -> str:
    """Say that a space is none that Markdown knows."""
    return (
        f"there is a {name_of(sign)} at this mark, which Markdown takes for a letter; type a space"
    )


def _search(
    children: Sequence[Token], paragraph: bool, cloze: bool
) -> Iterator[tuple[int, str, str]]:
    """Yield places in the searched text, codes and messages."""
    text = "".join(_pieces(children))
    lines = paragraph and _LINE_SIGN.search(text)
    if not lines and not _SIGN.search(text):
        return
    marks = [*(_CLOZE_MARKS if cloze else ()), *_MARKS, *(_LINE_MARKS if lines else ())]
    taken = bytearray(len(text))
    for code, pattern, message in marks:
        for match in pattern.finditer(text):
            start, end = match.span()
            if taken.find(1, start, end) < 0:
                taken[start:end] = b"\1" * (end - start)
                shown = match[0].strip()[:40]
                yield start, code, message.format(sign=shown, odd=_odd(match[0]))
    if lines:
        yield from ((at, "markup", message) for at, message in _paragraph(text) if not taken[at])


def _pieces(children: Iterable[Token]) -> Iterator[str]:
    """Yield for each token the text that is searched."""
    linked = False
    for token in children:
        match token.type:
            case "text":
                yield _ADDRESS.sub(_OBJECT, token.content) if linked else token.content
            case "text_special":
                yield _special(token)
            case "softbreak" | "hardbreak":
                yield "\n"
            case "lonely_dollar":
                yield ""
            case kind:
                linked = kind == "link_open" or (linked and kind != "link_close")
                yield _OBJECT


def _special(token: Token) -> str:
    if token.info != "escape":
        return _OBJECT
    return token.content if token.content == token.markup else chr(_ESCAPED + ord(token.content))


def _offsets(inline: Token) -> Callable[[int], int]:
    """Return a function from a place in the searched text to one in the token's source."""
    source = inline.content
    starts: list[int] = []
    places: list[int] = []
    seen = at = 0
    for token, piece in zip(inline.children or (), _pieces(inline.children or ()), strict=True):
        at = token.meta.get("offset", at)
        if token.type == "text":
            at = max(source.find(token.content, at), at)
        starts.append(seen)
        places.append(at)
        seen += len(piece)
        at = token.meta.get("end", _after(token, source, at))

    def offset(place: int) -> int:
        i = bisect_right(starts, place) - 1
        return min(places[i] + place - starts[i], max(len(source) - 1, 0))

    return offset


def _after(token: Token, source: str, at: int) -> int:
    match token.type:
        case "text":
            return at + len(token.content)
        case "softbreak" | "hardbreak":
            at = source.find("\n", at) + 1
            return at + len(source[at:]) - len(source[at:].lstrip(" \t"))
        case "code_inline":
            close = re.compile(rf"(?<!`){token.markup}(?!`)").search(source, at + len(token.markup))
            return close.end() if close else at
        case "cloze_hint" | "cloze_close":
            return at + 2
        case "cloze_open":
            return at + len(token.info) + 5
    return at + len(token.markup)


def _odd(text: str) -> str:
    sign = re.search(f"[{ODD_SPACES}]", text)
    return odd_space(sign[0]) if sign else ""


def _paragraph(text: str) -> Iterator[tuple[int, str]]:
    """Yield what only several lines of a paragraph show together."""
    lines: list[tuple[int, str]] = []
    start = 0
    for line in text.split("\n"):
        lines.append((start, line))
        start += len(line) + 1
    if len(lines) < 2:
        return
    points: dict[str, list[int]] = {}
    for start, line in lines:
        if match := _POINT.match(line):
            points.setdefault(match.lastgroup or "", []).append(start)
    for starts in points.values():
        if len(starts) > 1 or lines[0][1].rstrip().endswith(":"):
            message = "these lines run together: begin each with `- ` or `1. `, below a blank line"
            yield starts[0], message
    unspaced = [start for start, line in lines if _UNSPACED.match(line)]
    if len(unspaced) > 1:
        yield unspaced[0], "put a space after the sign that begins a point of a list: `- one`"
    bars = {line.count(" | ") for _, line in lines}
    if len(bars) == 1 and bars.pop():
        message = "a table has a line of dashes below its head: `|---|---|`; or write `\\|`"
        yield lines[0][0] + lines[0][1].find("|"), message
    marks = {line[:2]: start for start, line in reversed(lines) if _QUESTION.match(line)}
    if len(marks) > 1:
        yield min(marks.values()), "a prompt stands below `## Prompts` and its `### id`"


_ADDRESS = re.compile(r"(?:https?|ftp)://\S+|\bwww\.\w\S*")
_POINT = re.compile(
    r"(?:(?P<number>\(?\d{1,3}[.)])|(?P<letter>\(?(?:[a-h]|[ivx]{1,4})[.)])|(?P<dash>[–—−]))"
    r"[ \t]+\S"
)
_UNSPACED = re.compile(r"[-+](?=[a-zA-Z])|\d{1,3}[.)](?=[a-zA-Z])")
_QUESTION = re.compile(r"[QAC]:[ \t]")


def _mark(code: str, pattern: str, message: str) -> tuple[str, re.Pattern[str], str]:
    return code, re.compile(_escapes(pattern), re.MULTILINE), message


def _escapes(pattern: str) -> str:
    r"""Replace each ``<\x>`` by what stands for the escaped sign x."""
    return re.sub(r"<\\(.)>", lambda match: chr(_ESCAPED + ord(match[1])), pattern)


_LITERAL = "; for the sign itself write `\\` before it, or backticks around"
_DELETION = (
    "a deletion is `{{{{c1::words}}}}` after `C:`: two braces, a small c, a number, two colons"
    "; for the braces themselves write `\\{{`"
)
_TAGS = "br|hr|div|span|sub|sup|img|details|summary|table|tr|td|th|strong|code|pre|kbd|font|center"
_ENTITIES = "|".join(sorted(name for name in name2codepoint if len(name) > 1))

# What each kind of markup looks like, in the order in which one wins over another.
_CLOZE_MARKS = (
    _mark("cloze", r"\{\{c[\d,]+::", "close this deletion with `}}}}` in the same paragraph"),
)
_MARKS = (
    _mark("markup", r"\{\{?[%<#][^\n{}]*\}?\}", "templates are not filled in; write the text"),
    _mark(
        "markup",
        r"\{(?:[.#]|: ?[.#]?)[A-Za-z][^}\n]*\}",
        "attributes in braces do nothing; delete them",
    ),
    _mark("cloze", r"\{\{[^{}\n]*(?:\}\}?)?|｛｛[^\n]*", _DELETION),
    _mark(
        "cloze",
        r"[{\[(<]?[ \t]*\b[cCсС][ \t]?\d{1,3}[ \t]?(?:::|：)[^\n{}\[\]]*[\]})>]*",
        _DELETION,
    ),
    _mark("cloze", r"\{[ \t]*[cCсС]\d{1,3}[ \t]*[:;][^\n}]*\}*", _DELETION),
    _mark("cloze", r"\}\}", "this closes no deletion of its paragraph" + _LITERAL),
    _mark(
        "formula",
        r"(?<!<\]>)<\(>[^<\(><\)>]*<\)>|<\\>\([^\n]{0,200}?<\\>\)",
        "write a formula as `$…$`; parentheses need no backslash",
    ),
    _mark(
        "formula",
        r"<\[>(?=[^<\[><\]>]*<\]>)(?:\n|[ \t]+[^\s<\]>]|[^<\]>]*[\\^_=+<{*/])[^<\]>]*<\]>"
        r"|<\\>\[[^\n]{0,200}?<\\>\]",
        "write a formula between two lines of `$$`; brackets need no backslash",
    ),
    _mark(
        "formula",
        r"\[/?(?:latex|\$\$?)\]",
        "write a formula as `$…$`" + _LITERAL,
    ),
    _mark(
        "formula",
        r"\\[a-zA-Z]+",
        "`{sign}` looks like TeX; put the whole formula between dollars, or write `\\\\`"
        " for a backslash",
    ),
    _mark(
        "formula",
        r"\w?[_^]\{",
        "`{sign}` looks like TeX; put the whole formula between dollars" + _LITERAL,
    ),
    _mark(
        "formula",
        r"(?<!\w)\$[ \t]+(?!\d)[^\s$][^$\n]*[ \t]\$(?!\w)|\$\d+[a-zA-Z]?[\^_\\({]",
        "a formula has no space inside its dollars: `$x$`; or write `\\$`",
    ),
    _mark("image", r"!\[\[[^\]\n]*\]?\]?", "a picture is `![what it shows](file.svg)`" + _LITERAL),
    _mark(
        "image",
        r"!\[[^\[\]\n]*\](?:[ \t]?\([^)\n]*\)?)?",
        "this is no picture as it stands; write `![what it shows](file.svg)`, and a name with"
        " spaces in `<…>`: `(<my file.svg>)`",
    ),
    _mark(
        "link",
        r"^\[[^\]\n]+\]:[ \t][^\n]*",
        "write the address where it is used: `[text](https://…)`",
    ),
    _mark(
        "link",
        r"\[[^\[\]\n]*\] ?\((?:https?:|www\.|<)[^)\n]*\)?|\[[^\[\]\n]*\]\([^)\n]*\)?",
        "this is no link as it stands; write `[text](https://…)` without spaces in the address"
        + _LITERAL,
    ),
    _mark(
        "link",
        r"(?:https?|ftp)://\S+|\bwww\.\w\S*",
        "make this a link: `[text](https://…)` or `<https://…>`; or put backticks around",
    ),
    _mark(
        "markup",
        r"\^\[|\[\^[^\[\]\s]*\]?",
        "footnotes are not read; write it in the text" + _LITERAL,
    ),
    _mark("markup", r"\[-?@\w[^\]\n]*\]?", "name a source under `sources` above" + _LITERAL),
    _mark("markup", r"\[(?:sound|anki):[^\]\n]*\]?", "sounds are not played" + _LITERAL),
    _mark(
        "link",
        r"\[\[(?![-\d.,\s]*\]\])[^\[\]\n]+\]\]",
        "wiki links are not read; name the answer under `related`, or write"
        " `[text](https://…)`" + _LITERAL,
    ),
    _mark(
        "link",
        r"(?<![\w\])])\[[^\[\]\n]+\]\[[^\[\]\n]*\]",
        "write the address where it is used: `[text](https://…)`" + _LITERAL,
    ),
    _mark("markup", r"\[/\w+\]", "`{sign}` is no Markdown; write `**bold**` or `*emphasis*`"),
    _mark("markup", r"`+", "this backtick opens or closes no code; add the other, or write `\\``"),
    _mark("markup", r"´[^´\n]+´", "code stands between backticks, not accents"),
    _mark("markup", rf"</?(?:{_TAGS})\b|<!--", "raw HTML is not used" + _LITERAL),
    _mark(
        "markup",
        rf"&(?:{_ENTITIES})(?!\w)(?!;)|&#x?[0-9a-fA-F]+;?|&[a-zA-Z]\w+;",
        "`{sign}` is no whole entity; write the character itself, or `\\&`",
    ),
    _mark("markup", r"~~+", "cross out with two `~` at either side, without spaces" + _LITERAL),
    _mark(
        "markup",
        r"(?<![~\w])~(?=[^\s~])[^~\n]*[^\s~]~(?![~\w])|(?<=\w)~\w{1,9}~",
        "write `$x_1$` for an index, `~~words~~` for words crossed out" + _LITERAL,
    ),
    _mark("markup", r"\^[^\s^]{1,20}\^(?!\w)", "write `$x^2$` for a raised sign" + _LITERAL),
    _mark(
        "markup",
        r"(?<![\w=])==(?=[^\s=])[^=\n]*[^\s=]==(?![\w=])",
        "highlighting is not read; write `**words**`" + _LITERAL,
    ),
    _mark(
        "markup",
        r"(?<!\w)\+\+\w(?:[^+\n]*\w)?\+\+(?!\w)",
        "underlining is not read; write `*words*`" + _LITERAL,
    ),
    _mark(
        "markup",
        r"\|\|(?=\S)[^|\n]*(?:\|\|)?|(?<=\S)\|\||>!|!<(?!\S)",
        "hidden text is not read; write it openly, a norm as `$\\|x\\|$`" + _LITERAL,
    ),
    _mark("markup", r"%%(?=\S)", "comments are not read; delete it" + _LITERAL),
    _mark(
        "markup",
        r"(?<![\w:]):[a-zA-Z+][\w+-]*:(?![\w:])",
        "`{sign}` stays as it is; write the character or the word" + _LITERAL,
    ),
    _mark("markup", r"'''|(?<![\w'])''(?=\S)", "write `**bold**` or `*emphasis*`" + _LITERAL),
    _mark("markup", rf"{_OBJECT}_{{1,2}}(?!\w)", "delete the `_` after the code" + _LITERAL),
    _mark("markup", r"\*\[", "abbreviations are not read; write it out" + _LITERAL),
    _mark(
        "markup",
        r"(?<!\S)\*\*(?=[ \t][^*\n]*\*\*)|(?<=\S)\*\*+|\*\*+(?=\S)",
        "these stars make nothing bold; write `**words**` without spaces inside" + _LITERAL,
    ),
    _mark(
        "markup",
        r"(?<!\w)__+|__+(?!\w)",
        "these lines make nothing bold; write `**words**` without spaces inside" + _LITERAL,
    ),
    _mark(
        "markup",
        r"(?<![\w*)\]])\*(?=[^\s*])|(?<!\S)\*(?=[ \t][^*\n]{0,60}[^\s*]\*(?!\w))",
        "this star emphasizes nothing; write `*words*` without spaces inside" + _LITERAL,
    ),
    _mark(
        "markup",
        r"(?<![\w_)\]])_(?=[^\W_])",
        "this `_` emphasizes nothing; write `*words*`" + _LITERAL,
    ),
    _mark("markup", r"<\\>$", "for a new line end this one with a single `\\`"),
)
_ODD_MARK = rf"(?:[-+*>]|#{{1,6}}|\d{{1,9}}[.)])[{ODD_SPACES}]|[{ODD_SPACES}]+(?:[-+*>#|]|\d+[.)])"
_LINE_MARKS = (
    _mark(
        "markup",
        rf"^[ \t]*(?:{_ODD_MARK})",
        "{odd}",
    ),
    _mark(
        "heading",
        r"^#{7,}|^#+(?=[^\s#])",
        "put a space after the `#` of a heading, or write `\\#`",
    ),
    _mark("heading", r"^#+", "begin a heading at the start of its line, or write `\\#`"),
    _mark("heading", r"^[=]{2,}", "write a heading as `## heading`" + _LITERAL),
    _mark("markup", r"^h[1-6]\.[ \t]", "write a heading as `## heading`"),
    _mark(
        "markup",
        r"^(?:[•‣◦▪▸●○·∙⁃＊－][ \t]|[•‣◦▪▸●⁃](?=\S)|＃)|\A[–—−][ \t]",
        "Markdown begins a point with `- ` and a heading with `## `; write that sign",
    ),
    _mark("markup", r"^[-+*][ \t]", "this begins no list; write `- ` at the start of the line"),
    _mark("markup", r"^\[[ xX]?\](?!\S)", "boxes to tick are not read; delete it" + _LITERAL),
    _mark(
        "markup",
        r"^\[!\w+\]",
        "this is no box on a card; write `> **Note.** …`" + _LITERAL,
    ),
    _mark(
        "markup",
        r"^(?::::+|!!!|\?\?\?|\+\+\+|%%%|\.\.[ \t]\w+::|\"\"\"|~~~)",
        "`{sign}` begins nothing here; write plain paragraphs, lists or ``` around code",
    ),
    _mark("markup", r"^:[ \t]+\S", "definition lists are not read; write `- **word**: …`"),
    _mark("markup", r"(?i:^\[(?:_?toc_?)\]$)", "there is no table of contents; delete it"),
    _mark(
        "table",
        r"^(?=[^\n|]*\|)(?=[^\n-]*-)[ \t|:-]+$",
        "the line of dashes has as many cells as the head above it, each of `---`: `|---|---|`",
    ),
    _mark(
        "table",
        r"^\|[^\n]*\|[ \t]*$",
        "a table has a line of dashes below its head, with as many cells: `|---|---|`"
        "; or write `\\|`",
    ),
)
# Most texts hold none of these, and are not searched further.
_SIGN = re.compile(
    rf"[\[\]{{}}\\`*_~^|$´｛：{chr(_ESCAPED)}-{chr(_ESCAPED + 127)}]"
    r"|:[\w+:/]|==|%%|<[/!a-z]|>!|!<|&[\w#]|\+\+|''|www\."
)
_LINE_SIGN = re.compile(
    rf"^[ \t]*(?:[-+*#=•‣◦▪▸●○·∙⁃–—−＊－＃\[:!?%.\"~|{ODD_SPACES}]|h\d\.|\(?\w{{1,4}}[.)]|[QAC]:)"
    r"| \| ",
    re.MULTILINE,
)
