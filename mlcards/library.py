"""Read a cards folder into a Library: its closed lists, answers and pictures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlcards import catalog, parse
from mlcards.answer import Answer
from mlcards.catalog import Catalog
from mlcards.code import FINGERPRINT
from mlcards.diagnostics import Diagnostic, InvalidAnswer, did_you_mean
from mlcards.markdown import IMAGE_SUFFIXES
from mlcards.source import MAX_ANSWER_BYTES, read

MAX_IMAGE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside an answer."""

    name: str
    """Its name in a package: ASCII, made from the content."""
    fingerprint: str
    """That of the code that drew it, or nothing."""


@dataclass(frozen=True, slots=True)
class Files:
    """What lies in a cards folder, before any answer is read."""

    catalog: Catalog
    answers: tuple[Path, ...]
    pictures: Mapping[Path, Picture]
    problems: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """All answers of a cards folder that could be read, and what could not."""

    catalog: Catalog
    answers: tuple[Answer, ...]
    problems: tuple[Diagnostic, ...]


def load(folder: Path) -> Library:
    """Read all answers; raise InvalidAnswer only if the closed lists cannot be read."""
    found = scan(folder)
    answers: list[Answer] = []
    problems = list(found.problems)
    for file in found.answers:
        try:
            answer, wrong = parse_file(file)
        except InvalidAnswer as error:
            problems.extend(error.diagnostics)
        else:
            answers.append(answer)
            problems.extend(wrong)
    return Library(found.catalog, tuple(answers), tuple(problems))


def parse_file(file: Path) -> tuple[Answer, tuple[Diagnostic, ...]]:
    """Read an answer and what is wrong in its form; raise InvalidAnswer if it is no text."""
    text = read(file, file.as_posix(), MAX_ANSWER_BYTES)
    return parse.parse(text, file.parent.name, file.stem)


def scan(folder: Path) -> Files:
    """Read the closed lists and find the files; raise InvalidAnswer if the lists are not right."""
    if not folder.is_dir():
        message = "there is no such folder; name the folder that holds the answers"
        raise InvalidAnswer(Diagnostic(folder.as_posix(), 1, 1, "folder", message))
    lists = catalog.load(folder)
    answers: list[Path] = []
    problems: list[Diagnostic] = []
    pictures: dict[Path, Picture] = {}
    stems: dict[str, Path] = {}
    root = folder.resolve()
    for file in _files(folder):
        is_answer = file.suffix.lower() == ".md"
        if not is_answer and file.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        try:
            _check_place(file, root)
            if not is_answer:
                pictures[file] = _picture(file)
                continue
            _check_area(file, folder, lists)
        except InvalidAnswer as error:
            problems.extend(error.diagnostics)
            continue
        answers.append(file)
        first = stems.setdefault(file.stem.casefold(), file)
        if first is not file:
            message = f"`{first.as_posix()}` has this id already; an id names one file"
            problems.append(Diagnostic(file.as_posix(), 1, 1, "duplicate-id", message))
    return Files(lists, tuple(answers), pictures, tuple(problems))


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below the area folders, sorted; hidden ones are left out."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if Path(parent) != folder:
            for name in sorted(names):
                if not name.startswith("."):
                    yield Path(parent, name)


def _check_area(file: Path, folder: Path, lists: Catalog) -> None:
    area = file.parent.name
    if file.parent.parent != folder:
        message = "answers lie in `cards/<area>/`, not deeper; move the file up"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "area", message))
    if area not in (term.id for term in lists.areas.terms):
        near = did_you_mean(area, lists.areas.words()) or "; add it to taxonomy.yaml"
        message = f"the folder `{area}` is no area{near}"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "area", message))


def _check_place(file: Path, root: Path) -> None:
    if file.is_symlink() or file.parent.is_symlink():
        try:
            inside = file.resolve().is_relative_to(root)
        except RuntimeError:  # before Python 3.13
            message = "this link leads to itself; put the file itself here"
            raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "unreadable", message)) from None
        if not inside:
            message = "this link leaves the cards folder; put the file itself here"
            raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "outside", message))
    if not file.is_file():
        message = "the file cannot be read: it is no file, or a link that leads nowhere"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "unreadable", message))


def picture_bytes(file: Path) -> bytes:
    """Read a picture; one that is text has the same line ends in every checkout."""
    data = file.read_bytes()
    if file.suffix.lower() != ".svg":
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _picture(file: Path) -> Picture:
    try:
        data = picture_bytes(file)
    except OSError as error:
        message = f"the picture cannot be read ({error.strerror})"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "unreadable", message)) from None
    if len(data) > MAX_IMAGE_BYTES:
        message = f"the picture is larger than {MAX_IMAGE_BYTES // 1000} kB; make it smaller"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "image-size", message))
    name = f"mlcards-{hashlib.sha256(data).hexdigest()[:20]}{file.suffix.lower()}"
    drawn = FINGERPRINT.search(data)
    return Picture(name, drawn[0].decode() if drawn else "")
