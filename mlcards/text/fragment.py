"""Read a file into a Fragment: text that knows its path, line and column."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from mlcards.text.diagnostics import Diagnostic, InvalidAnswer

MAX_BYTES = 1_000_000
MAX_ANSWER_BYTES = 30_000
# Control characters, what ends a line for YAML but for no editor, and the private-use character
# that mlcards.syntax keeps for itself.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ue000]")
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a file: its text and where its first character stands (from 1)."""

    text: str
    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)

    def place(self, offset: int) -> tuple[int, int]:
        """Return the line and column in the file of the character at ``offset``."""
        line = self.text.count("\n", 0, offset)
        if not line:
            return self.line, self.column + offset
        return self.line + line, offset - self.text.rfind("\n", 0, offset)

    def slice(self, start: int, end: int | None = None) -> Fragment:
        """Return the part from ``start`` to ``end``, with its own place."""
        return Fragment(self.text[start:end], self.path, *self.place(start))

    def strip(self) -> Fragment:
        """Return the fragment without the white space around it."""
        return self.slice(len(self.text) - len(self.text.lstrip()), len(self.text.rstrip()))

    def trim(self) -> Fragment:
        """Return the fragment without blank lines at its ends; its first line stays indented."""
        blank = _BLANK_LINES.match(self.text)
        return self.slice(blank.end() if blank else 0, len(self.text.rstrip()))

    def problem(self, code: str, message: str, offset: int = 0) -> Diagnostic:
        """Return an error that points at the character at ``offset``."""
        return Diagnostic(self.path, *self.place(offset), code, message)


def read(file: Path, path: str, limit: int = MAX_BYTES) -> Fragment:
    """Read a UTF-8 text file of so many bytes; ``path`` is the name that messages give it.

    Windows line ends become ``\\n`` and a byte-order mark is dropped.
    Raise InvalidAnswer for what is not readable text of a sensible size.
    """
    return decode(read_bytes(file, path, limit), path, limit)


def read_bytes(file: Path, path: str, limit: int) -> bytes:
    """Read so many bytes of a file, or one more; raise InvalidAnswer if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read ({error.strerror})") from None


def check_place(file: Path, root: Path) -> None:
    """Raise InvalidAnswer for what is no file, or a link that leaves ``root``, a resolved path."""
    path = file.as_posix()
    try:
        path.encode()
    except UnicodeEncodeError:
        raise _unreadable(path, "the name of this file is no UTF-8 text; rename it") from None
    if file.is_symlink() or file.parent.is_symlink():
        try:
            inside = file.resolve().is_relative_to(root)
        except RuntimeError:  # before Python 3.13
            message = "this link leads to itself; put the file itself here"
            raise _unreadable(path, message) from None
        if not inside:
            message = "this link leaves the cards folder; put the file itself here"
            raise InvalidAnswer(Diagnostic(path, 1, 1, "outside", message))
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read ({error.strerror})") from None
    if not stat.S_ISREG(mode):
        raise _unreadable(path, "the file cannot be read: it is no file")


def decode(data: bytes, path: str, limit: int = MAX_ANSWER_BYTES) -> Fragment:
    """Turn the bytes of a file into a Fragment; raise InvalidAnswer if they are not text."""
    if len(data) > limit:
        raise _unreadable(path, f"the file is larger than {limit // 1000} kB; split it")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        before = before.replace("\r\n", "\n").replace("\r", "\n")
        line, column = Fragment(before, path).place(len(before))
        message = "this byte is not UTF-8; save the file with the encoding UTF-8"
        raise InvalidAnswer(Diagnostic(path, line, column, "encoding", message)) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    fragment = Fragment(text, path)
    if match := FORBIDDEN.search(text):
        raise InvalidAnswer(forbidden(fragment, match))
    return fragment


def forbidden(fragment: Fragment, match: re.Match[str]) -> Diagnostic:
    """Return the error for a character that FORBIDDEN has found."""
    message = f"the control character U+{ord(match[0]):04X} cannot be shown; delete it"
    return fragment.problem("control-character", message, match.start())


def _unreadable(path: str, message: str) -> InvalidAnswer:
    return InvalidAnswer(Diagnostic(path, 1, 1, "unreadable", message))
