"""Bytes become text that knows its place; what is wrong is said; files are written whole."""

from mlcards.text.diagnostics import FORMATS, Diagnostic, InvalidAnswer, did_you_mean, source_lines
from mlcards.text.files import (
    OutputError,
    clear,
    failed,
    held,
    output_folder,
    read_ledger,
    stamp,
    stamps,
    write,
    write_ledger,
    writing,
)
from mlcards.text.fragment import (
    FORBIDDEN,
    MAX_ANSWER_BYTES,
    Fragment,
    check_place,
    decode,
    forbidden,
    read,
    read_bytes,
)
from mlcards.text.rules import ADVICE, ERRORS

__all__ = [
    "ADVICE",
    "ERRORS",
    "FORBIDDEN",
    "FORMATS",
    "MAX_ANSWER_BYTES",
    "Diagnostic",
    "Fragment",
    "InvalidAnswer",
    "OutputError",
    "check_place",
    "clear",
    "decode",
    "did_you_mean",
    "failed",
    "forbidden",
    "held",
    "output_folder",
    "read",
    "read_bytes",
    "read_ledger",
    "source_lines",
    "stamp",
    "stamps",
    "write",
    "write_ledger",
    "writing",
]
