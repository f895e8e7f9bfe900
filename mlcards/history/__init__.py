"""What was released to learners, and what an update does to them."""

from mlcards.history import losses, record
from mlcards.history.diff import as_json, as_markdown, as_text, diff
from mlcards.history.package import Contents, NoPackage, contents
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
    "losses",
    "record",
]
