"""Write the HTML of a field so that Anki and MathJax interpret nothing in it but what we mean."""

from __future__ import annotations

import re
from html import unescape

from mlcards.markdown.grammar import CLOZE

# What Anki interprets in any field (ANKI.md: sound, typed answers, LaTeX, speech).
_SPECIAL = re.compile(r"\[(?=sound:|\[type:|latex\]|\$\$?\]|anki:)")
# MathJax would take these in text or code for the delimiters of a formula.
_DELIMITER = re.compile(r"\\(?=[()\[\]])")
_PIECES = re.compile(r"(\{\{c[0-9]{1,9}::|::|\}\})")
_MAX_OPEN = 10  # so many deletions Anki lets stand in one another
CLOZE_SIGNS = str.maketrans({"{": "&#123;", "}": "&#125;", ":": "&#58;"})


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
