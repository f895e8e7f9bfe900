"""Know a cards folder as it lies on disk: its commit and time, what changed, what was kept."""

from mlcards.state import cache, memory
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
    "memory",
    "opened",
    "pack",
    "place",
    "revision",
    "seal",
    "tag_exists",
    "take",
    "unpack",
    "versions",
]
