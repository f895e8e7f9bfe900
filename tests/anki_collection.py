"""A learner's collection in the real Anki."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest

LOG = ("new", "updated", "duplicate", "conflicting", "missing_notetype", "missing_deck")


@contextmanager
def collection(folder: Path) -> Iterator[Collection]:
    """Open a new collection in a folder, and close it."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = Collection(str(folder / "collection.anki2"))
    try:
        yield opened
    finally:
        opened.close()


def import_package(learner: Collection, file: Path) -> dict[str, int]:
    """Import a package as the desktop does by default; return the counts of its log."""
    request = ImportAnkiPackageRequest(
        package_path=str(file.absolute()), options=ImportAnkiPackageOptions()
    )
    log = learner.import_anki_package(request).log
    return {name: len(getattr(log, name)) for name in LOG}


def note(learner: Collection, guid: str) -> Any:
    """Return the note with a guid."""
    id = learner.db.scalar("select id from notes where guid = ?", guid)
    assert id, guid
    return learner.get_note(id)
