"""Take a cards folder all the way to notes, with everything that is wrong on the way."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from mlcards import checks, library
from mlcards.compile.sheets import Renderer, Sheet
from mlcards.history import Record, losses, record
from mlcards.library import Catalog
from mlcards.notes import Fields, Note, Outline, assemble, filled
from mlcards.state import RECORD, Store, pack, take, unpack
from mlcards.text import Diagnostic, InvalidAnswer

Track = Callable[[Sequence[Path]], Iterable[Path]]

_ENOUGH_FOR_A_WORKER = 40
"""So many answers take longer to render than it takes to start a process for them."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The notes of a cards folder in curriculum order, and its problems by place."""

    folder: Path
    catalog: Catalog
    record: Record
    outlines: tuple[Outline, ...]
    notes: tuple[Note, ...]
    media: Mapping[str, Path]
    problems: tuple[Diagnostic, ...]
    shelf: Shelf

    def filled(self, chosen: Iterable[Note]) -> Iterator[tuple[Note, Fields]]:
        """Yield notes with their fields; quickest where those of one answer stand together."""
        for id, members in groupby(chosen, key=lambda note: note.answer):
            fields = self.shelf.take("fields", id)
            for note in members:
                yield note, filled(note, fields[note.key])

    def picture(self, name: str) -> bytes:
        """Return the picture of this name; raise InvalidAnswer if its file changed meanwhile."""
        file = self.media[name]
        data = library.picture_bytes(file)
        if library.picture_name(data, file.suffix) != name:
            raise InvalidAnswer(_changed(file))
        return data


def compile_cards(folder: Path, track: Track = iter, store: Store | None = None) -> Compiled:
    """Read, check and render a cards folder; raise InvalidAnswer if it has no closed lists.

    ``track`` sees each file before it is rendered, to show how far the work is. ``store`` keeps
    what was rendered, so that the next call renders only what has changed.
    """
    files = library.scan(folder)
    shelf = Shelf(Renderer(files), {} if store is None else store)
    all_outlines, unreadable = shelf.fill(files.answers, track)
    found = {*files.problems, *unreadable}
    sound = not found and all(one.sound for one in all_outlines)
    for one in all_outlines:
        found.update(one.problems, checks.figures(one, files.pictures))
    by_id = {one.id.casefold(): one for one in reversed(all_outlines)}
    del all_outlines
    outlines = assemble(by_id.values(), [id.text for id, _ in files.catalog.curriculum])
    del by_id
    rendered = tuple(note for one in outlines for note in one.notes)
    found.update(checks.retired(outlines))
    found.update(checks.taught(outlines, files.catalog))
    found.update(
        checks.drawn_once((one.path, figure) for one in outlines for figure in one.figures)
    )
    released = record.load(folder)
    path = (folder / RECORD).as_posix()
    found.update(losses.identity(released, files.catalog, path))
    for one in outlines:
        for note in one.notes:
            if entry := released.notes.get(note.key):
                found.update(losses.renumbered(entry, note, one.path))
    broken = {problem.path for problem in found}
    if sound:
        paths = {one.id: one.path for one in outlines}
        instead = losses.renamed(released, rendered)
        found.update(losses.vanished(released, rendered, instead, paths, path))
        # A link to an answer that was renamed is right again when that is undone.
        broken.update(f"/{key}.md" for key in instead)
    found.update(checks.related(outlines, broken))
    media = {picture.name: file for file, picture in files.pictures.items() if picture.name}
    problems = tuple(sorted(found))
    return Compiled(
        folder, files.catalog, released, tuple(outlines), rendered, media, problems, shelf
    )


class Shelf:
    """The rendered answers of a folder: taken from a store, or rendered and put there."""

    def __init__(self, renderer: Renderer, store: Store) -> None:
        self.renderer = renderer
        self.store = store
        self.files: dict[str, tuple[Path, str]] = {}
        """The file and key of each answer, by its id."""

    def fill(self, files: Sequence[Path], track: Track) -> tuple[list[Outline], list[Diagnostic]]:
        """Return the outlines of files, in order, and why some cannot be read."""
        outlines: dict[Path, Outline] = {}
        keys: dict[Path, str] = {}
        missing: list[Path] = []
        problems: list[Diagnostic] = []
        for file in files:
            try:
                keys[file] = self.renderer.key(file)
                outlines[file] = take(self.store, f"outline {keys[file]}")
            except (InvalidAnswer, KeyError):
                missing.append(file)
        for file, sheet in zip(track(missing), self._render(missing), strict=True):
            if sheet.problems:
                problems += sheet.problems
                continue
            keys[file] = sheet.key
            outlines[file] = unpack(sheet.outline)
            self.store[f"outline {sheet.key}"] = sheet.outline
            self.store[f"fields {sheet.key}"] = sheet.fields
            self.store[f"formulas {sheet.key}"] = sheet.formulas
        self.files = {
            outlines[file].id: (file, keys[file]) for file in reversed(files) if file in outlines
        }
        used = set(keys.values())
        for key in [key for key in self.store if key.rpartition(" ")[2] not in used]:
            del self.store[key]
        return [outlines[file] for file in files if file in outlines], problems

    def take(self, part: str, id: str) -> Any:
        """Return a part of an answer's sheet; raise InvalidAnswer if its file changed meanwhile."""
        file, key = self.files[id]
        try:
            return self.kept(part, id)
        except KeyError:  # damaged, or taken away by another run
            sheet = self.renderer.sheet(file)
        if sheet.key != key:
            raise InvalidAnswer(_changed(file))
        return unpack(getattr(sheet, part))

    def kept(self, what: str, id: str) -> Any:
        """Return what was kept of an answer since it last changed; raise KeyError if nothing."""
        return take(self.store, f"{what} {self.files[id][1]}")

    def keep(self, what: str, id: str, value: object) -> None:
        """Keep something of an answer until it changes."""
        self.store[f"{what} {self.files[id][1]}"] = pack(value)

    def _render(self, files: Sequence[Path]) -> Iterator[Sheet]:
        workers = min(os.cpu_count() or 1, len(files) // _ENOUGH_FOR_A_WORKER)
        if workers < 2:
            yield from map(self.renderer.sheet, files)
            return
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool

        context = multiprocessing.get_context("spawn")
        done = 0
        with ProcessPoolExecutor(workers, context, initializer=_end_with_parent) as pool:
            size = len(files) // (8 * workers)
            try:
                for sheet in pool.map(self.renderer.sheet, files, chunksize=size or 1):
                    yield sheet
                    done += 1
            except BrokenProcessPool:  # somebody ended a worker: do its work here
                yield from map(self.renderer.sheet, files[done:])


def _end_with_parent() -> None:
    """Let this worker end when the process that started it is gone, however that ended."""
    import multiprocessing
    import signal
    import threading

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C: the parent says so, once
    parent = multiprocessing.parent_process()
    assert parent

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _changed(file: Path) -> Diagnostic:
    message = "this file changed while it was read; run the command again"
    return Diagnostic(file.as_posix(), 1, 1, "unreadable", message)
