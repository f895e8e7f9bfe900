"""What was released to learners, and what an update does to them."""

from mlcards.history import record
from mlcards.history.diff import Contents, NoPackage, as_json, as_markdown, as_text, contents, diff
from mlcards.history.record import VERSION, Record

__all__ = [
    "VERSION",
    "Contents",
    "NoPackage",
    "Record",
    "as_json",
    "as_markdown",
    "as_text",
    "contents",
    "diff",
    "record",
]
