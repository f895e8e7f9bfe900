"""Read a cards folder into a Library: its closed lists, answers and pictures."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlcards.library import catalog
from mlcards.library.answer import Answer
from mlcards.library.catalog import Catalog
from mlcards.library.parse import parse
from mlcards.markdown import FINGERPRINT, IMAGE_SUFFIXES
from mlcards.state import RECORD
from mlcards.text import (
    MAX_ANSWER_BYTES,
    Diagnostic,
    InvalidAnswer,
    check_place,
    did_you_mean,
    read,
    read_bytes,
)

MAX_IMAGE_BYTES = 1_000_000
_FORMS = {
    ".svg": re.compile(rb"(?s)[^\0]{,4000}?<svg[\s>]"),
    ".png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    ".jpg": re.compile(rb"\xff\xd8\xff"),
    ".gif": re.compile(rb"GIF8[79]a"),
    ".webp": re.compile(rb"(?s)RIFF.{4}WEBP"),
}
"""How a picture of each kind begins."""
_OWN = ("taxonomy.yaml", "sources.yaml", "library.yaml", RECORD)
_DOCUMENT = re.compile(r"[A-Z][A-Z0-9_-]*\.md")
_MARKDOWN = re.compile(r"(?i)\.(?:md|markdown|mdown|mdwn|mkdn?|mdx|mdtext|rmd|qmd)(?![a-z0-9])")
_ENOUGH = 10_000
_ANSWER = re.compile(
    rb"(?m)\A(?:\xef\xbb\xbf)?\s*---[ \t]*\r?\n"
    rb"(?s:.*?)^(?:topic|difficulty|companies|tracks|sources):"
    rb"|^## (?:Checklist|Prompts)\b"
)
_BARE = ({"head", "objects", "refs"}, {"head", "commondir"})
"""By these files git takes a folder for a repository, and obeys its configuration."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside an answer."""

    name: str
    """Its name in a package: ASCII, made from the content; nothing if it cannot be used."""
    fingerprint: str
    """That of the code that drew it, or nothing."""


_UNUSABLE = Picture("", "")


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
    return parse(text, file.parent.name, file.stem)


def scan(folder: Path) -> Files:
    """Read the closed lists and find the files; raise InvalidAnswer if the lists are not right."""
    if not folder.is_dir():
        message = "there is no such folder; name that of the answers, or start one: `mlcards init`"
        raise InvalidAnswer(Diagnostic(folder.as_posix(), 1, 1, "folder", message))
    lists = catalog.load(folder)
    answers: list[Path] = []
    problems: list[Diagnostic] = []
    pictures: dict[Path, Picture] = {}
    stems: dict[str, Path] = {}
    root = folder.resolve()
    for file in _files(folder, problems):
        try:
            match _kind(file, folder, root):
                case "picture":
                    pictures[file] = _UNUSABLE
                    check_place(file, root)
                    pictures[file] = _picture(file)
                case "answer":
                    check_place(file, root)
                    _check_area(file, folder, lists)
                    answers.append(file)
        except InvalidAnswer as error:
            problems.extend(error.diagnostics)
            continue
        if file in answers[-1:]:
            first = stems.setdefault(file.stem.casefold(), file)
            if first is not file:
                message = f"`{first.as_posix()}` has this id already; an id names one file"
                problems.append(Diagnostic(file.as_posix(), 1, 1, "duplicate-id", message))
    return Files(lists, tuple(answers), pictures, tuple(problems))


def _files(folder: Path, problems: list[Diagnostic]) -> Iterator[Path]:
    """Yield all files of a folder, sorted, and say which folders cannot be gone through.

    What begins with a dot is hidden and left out.
    """
    root = folder.resolve()

    def problem(place: str | Path, code: str, message: str) -> None:
        problems.append(Diagnostic(Path(place).as_posix(), 1, 1, code, message))

    def unreadable(error: OSError) -> None:
        problem(error.filename, "unreadable", f"the folder cannot be read ({error.strerror})")

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        inner = {name.lower() for name in (*folders, *names)}
        if any(inner >= bare for bare in _BARE) or (".git" in inner and Path(parent) != folder):
            message = "a git repository inside the cards folder is not read; take it away"
            problem(parent, "repository", message)
            folders.clear()
            continue
        for name in folders:
            place = Path(parent, name)
            if place.is_symlink() and not place.resolve().is_relative_to(root):
                problem(place, "outside", "this link leaves the cards folder; put the folder here")
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(names) if not name.startswith("."))


def _kind(file: Path, folder: Path, root: Path) -> str:
    """Tell whether a file is an answer, a picture or neither (nothing).

    Raise InvalidAnswer for what looks like an answer and would not be read as one.
    """
    name, suffix = file.name, file.suffix.lower()
    top = file.parent == folder
    if suffix in IMAGE_SUFFIXES:
        return "" if top else "picture"
    if suffix == ".md" and not top:
        return "answer"
    if name.endswith("~") or name.startswith("#") or (top and _DOCUMENT.fullmatch(name)):
        return ""
    if top and suffix == ".md":
        message = (
            "answers lie in `cards/<area>/`: move the file there; a document about the library "
            "itself has a name in capitals, as STYLE.md"
        )
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "area", message))
    marked = _MARKDOWN.search(name)
    if marked or (not (top and name in _OWN) and _reads_like_an_answer(file, root)):
        id = name[: marked.start()] if marked else file.stem
        message = f"this file is not read; name it `{id}.md`, or move it out of the cards folder"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "unread", message))
    return ""


def _reads_like_an_answer(file: Path, root: Path) -> bool:
    try:
        check_place(file, root)
        return bool(_ANSWER.search(read_bytes(file, "", _ENOUGH)))
    except InvalidAnswer:
        return False


def _check_area(file: Path, folder: Path, lists: Catalog) -> None:
    area = file.parent.name
    if file.parent.parent != folder:
        message = "answers lie in `cards/<area>/`, not deeper; move the file up"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "area", message))
    if area not in (term.id for term in lists.areas.terms):
        near = did_you_mean(area, lists.areas.words()) or "; add it to taxonomy.yaml"
        message = f"the folder `{area}` is no area{near}"
        raise InvalidAnswer(Diagnostic(file.as_posix(), 1, 1, "area", message))


def picture_bytes(file: Path) -> bytes:
    """Read a picture, or the start of one too large; a text has the same line ends everywhere.

    Raise InvalidAnswer if it cannot be read.
    """
    data = read_bytes(file, file.as_posix(), MAX_IMAGE_BYTES)
    if file.suffix.lower() != ".svg":
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _picture(file: Path) -> Picture:
    path = file.as_posix()
    data = picture_bytes(file)
    if len(data) > MAX_IMAGE_BYTES:
        message = f"the picture is larger than {MAX_IMAGE_BYTES // 1000} kB; make it smaller"
        raise InvalidAnswer(Diagnostic(path, 1, 1, "image-size", message))
    suffix = file.suffix.lower().replace(".jpeg", ".jpg")
    if not _FORMS[suffix].match(data):
        other = next((kind for kind, form in _FORMS.items() if form.match(data)), None)
        means = f"it is one of {other}: give it that name" if other else "export it again"
        message = f"this is no picture of the kind {suffix}; {means}"
        raise InvalidAnswer(Diagnostic(path, 1, 1, "image-kind", message))
    drawn = FINGERPRINT.search(data)
    return Picture(picture_name(data, file.suffix), drawn[0].decode() if drawn else "")


def picture_name(data: bytes, suffix: str) -> str:
    """Return the name in a package of a picture with this content."""
    return f"mlcards-{hashlib.sha256(data).hexdigest()[:20]}{suffix.lower()}"
