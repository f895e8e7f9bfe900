"""Read the fenced code of an answer and highlight it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from mlcards.text import Diagnostic, Fragment, did_you_mean

PYTHON_MODES = ("", "test", "no-run", "figure")
FIGURE = re.compile(r"figure=([a-z0-9]+(?:-[a-z0-9]+)*\.svg)")
FINGERPRINT = re.compile(rb"mlcards:[0-9a-f]{16}")
"""What a figure that was drawn from code carries: a hash of the code."""
_PYTHON_ALIASES = ("py", "py3", "python3")
_PLAIN = ("", "text", "output")
MAX_SHOWN = 6_000
"""Characters of one block that a card shows: far more than a phone can."""
_MAX_COLORED = 1_500
"""Characters of one block in another language than Python: some lexers take the square."""
COLORS = {
    "Keyword": "k",
    "Operator.Word": "k",
    "Literal.String": "s",
    "Literal.Number": "m",
    "Comment": "c",
    "Name.Attribute": "n",
    "Name.Builtin": "n",
    "Name.Class": "n",
    "Name.Decorator": "n",
    "Name.Exception": "n",
    "Name.Function": "n",
    "Name.Namespace": "n",
    "Name.Tag": "n",
    "Error": "e",
    "Generic.Deleted": "e",
    "Generic.Error": "e",
}
"""The classes of card.css by the names of Pygments' kinds of token, the nearest above counting."""
_FORMULA = "write a formula between two lines of `$$`; TeX to be read as code is `text`"
_DRAWING = (
    "draw it as an SVG beside the file, shown by `![…](<id>-<name>.svg)`; its source is `text`"
)
_NOTHING = "leave the word out, or write `text`"
_OUTPUT = "write `output` for what the code above prints, else `text`"
_INSTEAD = {
    **dict.fromkeys("math latex tex katex mathjax asciimath amsmath equation".split(), _FORMULA),
    **dict.fromkeys(
        "mermaid plantuml puml dot graphviz svg chart vega vega-lite d2 ditaa ascii diagram"
        " geojson topojson stl flowchart sequence tikz wavedrom".split(),
        _DRAWING,
    ),
    **dict.fromkeys(
        "none plain plaintext plain-text txt raw no-highlight nohighlight nolang code verbatim"
        " pseudo pseudocode pseudo-code algorithm algo unknown other".split(),
        _NOTHING,
    ),
    **dict.fromkeys("out stdout result results terminal log logs printed".split(), _OUTPUT),
    **dict.fromkeys(
        "ipython ipython3 jupyter notebook py2 python-repl python-console sage".split(),
        "write `python`, so that the code is run",
    ),
}
"""What to write instead of a word that other tools know, or that would show code where a formula
or a drawing was meant."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Fenced code: its language, and for Python what is done with it."""

    code: Fragment
    """The code; its place is that of the first line below the fence."""
    language: str
    mode: str = ""
    """One of PYTHON_MODES."""
    figure: str = ""
    """The file name of the figure that the block draws."""

    @property
    def shown(self) -> bool:
        """Whether a card shows it."""
        return self.mode in ("", "no-run")


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that code draws."""

    name: str
    place: Fragment
    """Where the code begins."""
    fingerprint: str
    """A hash of the code, as the picture bears it."""


def read_block(info: str, code: str, place: Fragment) -> tuple[CodeBlock | None, Diagnostic | None]:
    """Read the words after the opening fence, which stand at ``place``."""
    block, problem = _read(info, code, place)
    if block and block.shown and len(code) > MAX_SHOWN:
        message = f"this code has {len(code)} characters; a card shows {MAX_SHOWN}: cut it down"
        return None, place.problem("code-size", message)
    return block, problem


def _read(info: str, code: str, place: Fragment) -> tuple[CodeBlock | None, Diagnostic | None]:
    language, _, mode = info.strip().partition(" ")
    mode, figure = mode.strip(), ""
    body = Fragment(code, place.path, place.line + 1, 1)
    if language in _PLAIN and not mode:
        return CodeBlock(body, language), None
    if language == "python":
        if match := FIGURE.fullmatch(mode):
            mode, figure = "figure", match[1]
        elif mode.startswith("figure"):
            message = "name the picture: ```python figure=<id>-<name>.svg"
            return None, place.problem("code-mode", message)
        if mode in PYTHON_MODES:
            return CodeBlock(body, language, mode, figure), None
    if language in _PYTHON_ALIASES:
        message = f"write `python` instead of `{language}`, so that the code is run"
        return None, place.problem("code-language", message)
    if mode:
        modes = "`test`, `no-run` or `figure=…` after `python`"
        message = f"`{mode}` is not understood here; write nothing, or {modes}"
        return None, place.problem("code-mode", message)
    if instead := _INSTEAD.get(language.strip("{}.,").casefold()):
        return None, place.problem("code-language", f"`{language}` is no language here; {instead}")
    if language not in _languages():
        message = f"`{language}` is not a language that can be highlighted"
        near = did_you_mean(language, _languages()) or "; write `text` for plain text"
        return None, place.problem("code-language", message + near)
    return CodeBlock(body, language), None


def outputs(blocks: Iterable[CodeBlock]) -> Iterator[tuple[CodeBlock, CodeBlock | None]]:
    """Yield each shown output with the block above whose output it is, if there is one."""
    source = None
    for block in blocks:
        if block.language == "output":
            yield block, source
            source = None
        elif block.language == "python" and block.mode != "test":
            source = block if block.mode == "" else None


def figures_of(blocks: Collection[CodeBlock]) -> tuple[Figure, ...]:
    """Return the pictures that the code of an answer draws."""
    drawn = [block for block in blocks if block.figure]
    mark = fingerprint(blocks) if drawn else ""
    return tuple(Figure(block.figure, block.code.slice(0, 0), mark) for block in drawn)


def fingerprint(blocks: Iterable[CodeBlock]) -> str:
    """Return a hash of the code that draws an answer's figures, to tell when one is stale."""
    codes = [b.code.text for b in blocks if b.language == "python" and b.mode != "test"]
    return "mlcards:" + hashlib.sha256("\0".join(codes).encode()).hexdigest()[:16]


def highlight(block: CodeBlock) -> str:
    """Return the code as HTML; a class names the color that card.css gives a piece of it."""
    text = block.code.text.rstrip("\n")
    if block.language in _PLAIN or (block.language != "python" and len(text) > _MAX_COLORED):
        return escape(text, quote=False)
    pieces = ((_color(type), piece) for type, piece in _lexer(block.language).get_tokens(text))
    return _colored(pieces)


@cache
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _colored(pieces: Iterable[tuple[str, str]]) -> str:
    """Return pieces of code as HTML, with one span for each stretch of one color.

    White space has no color of its own, so that it does not show how a version of Pygments
    cuts the code.
    """
    html: list[str] = []
    color = ""
    stretch: list[str] = []
    for next_color, piece in (*pieces, ("end", "end")):
        if next_color == color or piece.isspace():
            stretch.append(piece)
            continue
        text = escape("".join(stretch), quote=False)
        if core := color and text.strip():
            before, _, after = text.partition(core)
            text = f'{before}<span class="{color}">{core}</span>{after}'
        html.append(text)
        color, stretch = next_color, [piece]
    return "".join(html)


@cache
def _color(type: Any) -> str:
    """Return the class of a kind of token: that of the nearest kind in COLORS above it."""
    names = str(type).removeprefix("Token.").split(".")
    above = (".".join(names[:end]) for end in range(len(names), 0, -1))
    return next((COLORS[name] for name in above if name in COLORS), "")


@cache
def _languages() -> frozenset[str]:
    from pygments.lexers import get_all_lexers

    return frozenset(
        alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases
    )
