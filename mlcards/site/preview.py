"""Make a page that shows every card as Anki does: a set of static files."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from mlcards.authoring import mathjax
from mlcards.checks import advise_library
from mlcards.compile import Compiled, compile_cards
from mlcards.notes import Fields, Note, NothingSelected, Outline, Selection, note_types, template
from mlcards.state import cache
from mlcards.text import (
    Diagnostic,
    InvalidAnswer,
    OutputError,
    clear,
    output_folder,
    read_ledger,
    source_lines,
    stamps,
    write,
    write_ledger,
)

HOW_TO_INSTALL = "the preview needs more: pip install 'mlcards[preview]'"

_STATIC = ("index.html", "app.css", "app.js", "card.html", "card.js")
_MATHJAX = ("tex-chtml-full.js", "output/chtml/fonts/woff-v2/*.woff")

_LEDGER = ".mlcards-preview.json"

Site = Mapping[str, bytes]
"""Files by their path below the page."""
Sides = dict[str, tuple[Sequence[Note], bytes]]
"""The file with the sides of each answer's cards, and the notes that it was made from."""


def fixed_files(mathjax_folder: Path) -> Site:
    """Return the files that are the same for all cards: the page and MathJax."""
    data = files("mlcards.site") / "pages"
    site = {name: (data / name).read_bytes() for name in _STATIC}
    site["card.css"] = note_types()["explain"].css.encode()
    configuration = json.dumps(mathjax.CONFIGURATION)
    site["mathjax-configuration.js"] = f"window.MathJax = {configuration};\n".encode()
    for pattern in _MATHJAX:
        for file in sorted(mathjax_folder.glob(pattern)):
            name = file.relative_to(mathjax_folder).as_posix()
            site[f"mathjax/{name}"] = file.read_bytes()
    return site


def card_files(
    compiled: Compiled, notes: Sequence[Note], live: bool, known: Sides | None = None
) -> Site:
    """Return the files that hold the cards of these notes, their pictures and problems.

    ``live`` tells the page that a server will say when something has changed. ``known`` keeps
    the sides of the cards, so that the next call renders only what has changed.
    """
    known = {} if known is None else known
    catalog = compiled.catalog
    shown: dict[str, list[Note]] = {}
    for note in notes:
        shown.setdefault(note.answer, []).append(note)
    alike = [*advise_library(compiled.outlines, compiled.catalog, compiled.folder)]
    outlines = {outline.id: outline for outline in compiled.outlines}
    paths = {outline.path for outline in compiled.outlines}
    data = {
        "title": catalog.settings.title,
        "live": live,
        "names": {
            terms.kind: [{"id": term.id, "name": term.name} for term in terms.terms]
            for terms in (
                catalog.areas,
                catalog.topics,
                catalog.companies,
                catalog.tracks,
                catalog.difficulties,
            )
        },
        "answers": [
            _answer(outlines[id], members, compiled.problems, alike)
            for id, members in shown.items()
        ],
        "problems": _problems(one for one in compiled.problems if one.path not in paths),
    }
    media = {name for note in notes for name in note.media} & compiled.media.keys()
    site = {name: compiled.picture(name) for name in media}
    broken = {problem.path for problem in compiled.problems}
    for id, members in shown.items():
        if outlines[id].path in broken:  # the page shows its problems in place of its cards
            continue
        if id not in known or known[id][0] != members:
            sides = [side for filled in compiled.filled(members) for side in _sides(*filled)]
            text = f"mlcards.sides[{json.dumps(id)}] = {json.dumps(sides, ensure_ascii=False)};\n"
            known[id] = (members, text.encode())
        site[f"cards/{id}.js"] = known[id][1]
    return {**site, "data.js": _script(data)}


class Maker:
    """Makes the card files of a folder again and again; what has not changed is kept."""

    def __init__(self, folder: Path, selection: Selection) -> None:
        self.folder = folder
        self.selection = selection
        self.sides: Sides = {}

    def first(self, tell: Callable[[str], object]) -> Site:
        """Return the files as the folder is now; raise InvalidAnswer and NothingSelected."""
        with cache.opened(self.folder, tell) as store:
            compiled = compile_cards(self.folder, store=store)
            notes = self.selection.of(compiled.notes) if compiled.notes or self.selection else ()
            return card_files(compiled, notes, live=True, known=self.sides)

    def __call__(self) -> Site:
        """Return the files as the folder is now; never fails for what is in the folder."""
        try:
            with cache.opened(self.folder) as store:
                compiled = compile_cards(self.folder, store=store)
                with suppress(NothingSelected):
                    notes = self.selection.of(compiled.notes)
                    return card_files(compiled, notes, live=True, known=self.sides)
                return card_files(compiled, (), live=True)
        except InvalidAnswer as error:
            return only_problems(error.diagnostics, live=True)
        except OSError as error:  # a picture that went away in between; its change comes next
            problem = Diagnostic(str(error.filename), 1, 1, "unreadable", str(error.strerror))
            return only_problems([problem], live=True)


def write_site(site: Site, folder: Path) -> None:
    """Write the files into a folder that is new, empty or of an earlier preview.

    Nothing that a preview did not write is touched. Raise OutputError.
    """
    ledger = folder / _LEDGER
    if not ledger.is_file() and folder.is_dir() and any(folder.iterdir()):
        message = "holds files that no preview wrote; name a new or empty folder"
        raise OutputError(f"{folder} {message}")
    with output_folder(folder, site):
        before = read_ledger(ledger)
        for name in site:
            if name not in before and os.path.lexists(folder / name):
                raise OutputError(f"{folder / name} is no file of a preview; move it elsewhere")
        write_ledger(ledger, {**dict.fromkeys(site, ""), **before})  # in case this is killed
        for name, data in site.items():
            write(folder / name, data)
        clear(folder, before, site)
        write_ledger(ledger, stamps(folder, site))


def only_problems(problems: Iterable[Diagnostic], live: bool) -> Site:
    """Return what the page shows where nothing could be read at all."""
    names: dict[str, list[str]] = {
        kind: [] for kind in ("area", "topic", "company", "track", "difficulty")
    }
    data = {
        "title": "mlcards",
        "live": live,
        "names": names,
        "answers": [],
        "problems": _problems(problems),
    }
    return {"data.js": _script(data)}


def _script(data: Mapping[str, Any]) -> bytes:
    text = json.dumps({**data, "sides": {}}, ensure_ascii=False)
    return f"window.mlcards = {text};\n".encode()


def _answer(
    outline: Outline,
    notes: Sequence[Note],
    problems: Iterable[Diagnostic],
    similar: Iterable[Diagnostic],
) -> dict[str, Any]:
    tags = [tag.split("::")[1:3] for tag in notes[0].tags if tag.count("::") == 2]
    path = outline.path
    title = next(note.title for note in outline.notes if note.kind == "explain")
    words = " ".join([title, outline.id, *notes[0].tags, *(note.title for note in notes)])
    return {
        "id": outline.id,
        "path": path,
        "title": title or outline.id,
        "search": words.casefold(),
        **{
            kind: [value for name, value in tags if name == kind]
            for kind in ("area", "topic", "company", "track", "difficulty")
        },
        "problems": _problems(one for one in problems if one.path == path),
        "advice": _problems([*outline.advice, *(one for one in similar if one.path == path)]),
        "cards": [card for note in notes for card in _cards(note)],
    }


def _cards(note: Note) -> Iterable[dict[str, Any]]:
    name = note.key.partition("/")[2] or "Explain"
    for place, number in enumerate(note.cards, 1):
        yield {
            "key": note.key,
            "number": number,
            "label": f"{name} {place}" if len(note.cards) > 1 else name,
        }


def _sides(note: Note, fields: Fields) -> Iterable[dict[str, str]]:
    for number in note.cards:
        yield {
            "question": template.question(note, fields, number),
            "answer": template.answer(note, fields, number),
        }


def _problems(problems: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    lines = functools.cache(source_lines)
    result = []
    for one in problems:
        known = lines(one.path)
        text = known[one.line - 1] if one.line <= len(known) else ""
        result.append({**asdict(one), "text": text})
    return result
