"""Check the text of a formula: mathematics only, and nothing that MathJax drops.

Anki's MathJax would follow an address, set a style or define a macro for the next formula, and
it drops comments, spaces and line breaks without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from mlcards.text import Diagnostic, Fragment, did_you_mean

_TOKEN = re.compile(
    r"\\(?:begin|end)[ \n]*\{(?P<environment>[^{}]*)\}"
    r"|\\(?P<command>[a-zA-Z]+|.|\Z)(?P<attributes>[ \n]*\[)?"
    r"|(?P<sign>[{}$%`~])"
    r"|(?P<words>[a-zA-Z]{2,}(?:[ \n]+[a-zA-Z]{2,})+)",
    re.DOTALL,
)
_SYMBOLS = frozenset(" !#$%&,:;>\\_{}|\n")
"""The commands that are one sign."""
_TEXT = (
    "fbox framebox hbox mbox tag text textbf textclap textit textllap textnormal textrlap textrm "
    "textsf texttt textup"
)
_ARGUMENTS = {**dict.fromkeys(_TEXT.split(), "text"), "ce": "chemistry", "pu": "chemistry"}
"""What stands in the argument of a command, where that is no mathematics."""
_TEXT_ESCAPES = frozenset("$\\{}()")
"""All that MathJax knows in a text besides `$…$`."""
_TAKES_ATTRIBUTES = frozenset(("bcancel", "cancel", "cancelto", "xcancel"))

_REFUSED = {
    "a formula carries no address; put a link into the text": "href mmlToken require unicode url",
    "a formula carries no style or color; cards have those of day and night": "bbox cellcolor "
    "class color colorbox columncolor cssId data definecolor enclose fcolorbox rowcolor style "
    "textcolor",
    "a formula defines nothing; write out what the command stands for": "DeclareMathOperator "
    "DeclarePairedDelimiter def let newcommand newenvironment renewcommand renewenvironment",
    "formulas have no numbers to refer to; say in words which one": "eqref label ref",
}
_REASONS = {name: reason for reason, names in _REFUSED.items() for name in names.split()}


def problems(tex: Fragment) -> Iterator[Diagnostic]:
    """Yield an error for each thing in a formula that Anki would not show as mathematics."""
    for offset, message in _faults(tex.text):
        yield tex.problem("tex", message, offset)


def _faults(tex: str) -> Iterator[tuple[int, str]]:
    inside = [("math", "")]
    """What stands here (math, text or chemistry), and the sign that ends it."""
    environments = 0
    follows, mode_that_follows = -1, ""
    for match in _TOKEN.finditer(tex):
        start, sign, command = match.start(), match["sign"], match["command"]
        mode, closing = inside[-1]
        if sign and sign == closing:
            inside.pop()
            continue
        if fault := _FAULTS[mode](match):
            yield start, fault
        if sign == "{":
            inside.append((mode_that_follows if start == follows else mode, "}"))
        elif sign == "$" and mode != "math":
            inside.append(("math", "$"))
        elif command in _ARGUMENTS and mode == "math":
            follows = match.end() + len(tex[match.end() :]) - len(tex[match.end() :].lstrip())
            mode_that_follows = _ARGUMENTS[command]
        elif match["environment"] is not None:
            environments += 1 if tex.startswith("\\begin", start) else -1
        elif command in ("\\", "newline") and not environments and inside == [("math", "")]:
            yield start, "a line breaks only inside `\\begin{aligned} … \\end{aligned}`"


def _in_math(match: re.Match[str]) -> str:
    """Return what is wrong with a token of mathematics, or nothing."""
    command, environment = match["command"], match["environment"]
    if match["sign"] == "%":
        return "`%` begins a comment, which MathJax drops; write `\\%`"
    if match["sign"] == "`":
        return "MathJax shows a backtick as another sign; write `'` for a prime"
    if words := match["words"]:
        runs = words.split()
        if max(map(len, runs)) < 3 or all(run[0] == "d" for run in runs):  # a product, dx dy
            return ""
        return f"spaces vanish in a formula; write `\\text{{{' '.join(runs)}}}`"
    begins = match[0].startswith("\\begin")
    if environment is not None and begins and environment not in known()["environments"]:
        near = did_you_mean(environment, known()["environments"])
        return f"`{environment}` is no environment that Anki typesets{near or '; write `aligned`'}"
    if command in _TAKES_ATTRIBUTES and match["attributes"]:
        return f"write `\\{command}{{…}}` without brackets: a formula carries no style"
    if not command or command in _SYMBOLS or command in known()["commands"]:
        return ""
    if reason := _REASONS.get(command):
        return f"`\\{command}`: {reason}"
    near = did_you_mean(command, known()["commands"]).replace("mean ", "mean \\")
    return f"`\\{command}` is no command that Anki typesets{near or '; write it another way'}"


def _in_text(match: re.Match[str]) -> str:
    """Return what is wrong with a token inside `\\text{…}`, or nothing."""
    command, sign = match["command"], match["sign"]
    if command and command not in _TEXT_ESCAPES:
        return f"`\\{command}` would show as it stands here; inside `\\text{{…}}` write plain text"
    if sign in ("{", "~"):
        return f"`{sign}` would show as it stands here; inside `\\text{{…}}` write plain text"
    return ""


def _in_chemistry(match: re.Match[str]) -> str:
    """Return what is wrong with a token inside `\\ce{…}`, whose grammar is its own, or nothing."""
    return _in_math(match) if match["command"] not in (None, "bond") else ""


_FAULTS = {"math": _in_math, "text": _in_text, "chemistry": _in_chemistry}


@cache
def known() -> dict[str, frozenset[str]]:
    """Return the commands and environments that a formula may hold."""
    text = (files("mlcards.markdown") / "mathjax.txt").read_text("utf-8")
    lists = (part.split() for part in text.split("\n\n"))
    return {name: frozenset(names) for name, *names in lists}
