"""Know a cards folder as it lies on disk: its commit and time, what changed, what was kept."""

from mlcards.state import cache, unchanged
from mlcards.state.cache import (
    WAITING,
    Store,
    installed,
    opened,
    pack,
    place,
    seal,
    take,
    unpack,
    versions,
)
from mlcards.state.revision import (
    NO_COMMIT,
    RECORD,
    Revision,
    UnusableTime,
    epoch,
    revision,
    tag_exists,
)
from mlcards.state.unchanged import look, recall, remember

__all__ = [
    "NO_COMMIT",
    "RECORD",
    "WAITING",
    "Revision",
    "Store",
    "UnusableTime",
    "cache",
    "epoch",
    "installed",
    "look",
    "opened",
    "pack",
    "place",
    "recall",
    "remember",
    "revision",
    "seal",
    "tag_exists",
    "take",
    "unchanged",
    "unpack",
    "versions",
]
