"""Render the answers of one cards folder, each by itself, with all that can be told of it alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mlcards import checks, library, markdown, notes
from mlcards.library import Files
from mlcards.notes import Outline, place
from mlcards.state import cache
from mlcards.text import MAX_ANSWER_BYTES, Diagnostic, InvalidAnswer, decode, read_bytes


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one file yields, or why it cannot be read."""

    key: str = ""
    """A hash of everything that determines the rest."""
    outline: bytes = b""
    fields: bytes = b""
    """The fields of each note by the note's key, packed like the others."""
    formulas: bytes = b""
    problems: tuple[Diagnostic, ...] = ()


class Renderer:
    """Renders answers; may be sent to another process."""

    def __init__(self, files: Files) -> None:
        self.catalog = files.catalog
        self.pictures: dict[Path, dict[str, str]] = {}
        for file, picture in files.pictures.items():
            self.pictures.setdefault(file.parent, {})[file.name] = picture.name
        shared = f"{cache.versions()} {files.catalog}"
        self.context = {
            folder: hashlib.sha256(f"{shared} {self.pictures.get(folder)}".encode()).digest()
            for folder in {file.parent for file in files.answers}
        }

    def key(self, file: Path) -> str:
        """Return the key of a file's sheet; raise InvalidAnswer if it cannot be read."""
        return self._key(file, _read(file))

    def sheet(self, file: Path) -> Sheet:
        """Read and render a file."""
        try:
            data = _read(file)
            text = decode(data, file.as_posix(), MAX_ANSWER_BYTES)
        except InvalidAnswer as error:
            return Sheet(problems=error.diagnostics)
        answer, found = library.parse(text, file.parent.name, file.stem)
        draft = notes.draft(answer, self.catalog, self.pictures.get(file.parent, {}))
        problems = {*found, *checks.check(answer, self.catalog), *draft.problems}
        outline = Outline(
            id=answer.id,
            path=answer.start.path,
            place=place(answer, self.catalog),
            link=draft.link,
            related=answer.related,
            figures=markdown.figures_of(draft.blocks),
            notes=draft.notes,
            sound=not found,
            problems=tuple(sorted(problems)),
            advice=(*checks.advise(draft), *checks.unproven(answer)),
        )
        return Sheet(
            self._key(file, data),
            cache.pack(outline),
            cache.pack(draft.fields),
            cache.pack(draft.formulas),
        )

    def _key(self, file: Path, data: bytes) -> str:
        parts = (self.context[file.parent], file.as_posix().encode(), data)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _read(file: Path) -> bytes:
    return read_bytes(file, file.as_posix(), MAX_ANSWER_BYTES)
