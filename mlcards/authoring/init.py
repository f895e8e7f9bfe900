"""Start a library of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from anyascii import anyascii

_TEMPLATES = Path(__file__).with_name("library")
# A package may hold no file whose name begins with a dot.
_PLACES = {"gitignore": ".gitignore", "github/check.yml": ".github/workflows/check.yml"}


def library_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of a small library, named after its folder, that is not there yet."""
    title = folder.resolve().name
    name = re.sub(r"[^a-z0-9]+", "-", anyascii(title).casefold()).strip("-") or "my-library"
    for template in sorted(_TEMPLATES.rglob("*")):
        inside = template.relative_to(_TEMPLATES).as_posix()
        file = folder / _PLACES.get(inside, inside)
        if template.is_file() and not file.exists():
            text = template.read_text("utf-8")
            yield file, text.replace("{name}", name).replace("{title}", _plain(title))


def _plain(title: str) -> str:
    """Return a title that YAML reads as it stands and Anki as one deck."""
    return re.sub(r"[^\w .-]+|::", " ", title).strip() or "My library"
