"""Make libraries of any size from the real answers, with other ids, words and numbers."""

from __future__ import annotations

import keyword
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

KEPT = re.compile(
    r"\A---\n.*?\n---\n"  # frontmatter
    r"|^#[^\n]*|^[ \t]*\d+\."  # headings, numbers of lists
    r"|\$\$.*?\$\$|\$[^$\n]*\$"  # formulas
    r"|\]\([^)]*\)|https?://\S+|\{\{c\d+::|\\[a-zA-Z]+",
    re.MULTILINE | re.DOTALL,
)
WORD = re.compile(r"[a-z]{4,}|[2-9]+")


def make(source: Path, target: Path, number: int) -> None:
    """Write a cards folder of ``number`` answers, made of copies of those in ``source``."""
    target.mkdir(parents=True)
    for name in ("taxonomy.yaml", "sources.yaml", "library.yaml"):
        shutil.copy(source / name, target / name)
    files = sorted(source.glob("*/*.md"))
    texts = {file: file.read_text("utf-8") for file in files}
    words = sorted({word for text in texts.values() for word in WORD.findall(text)})
    for copy in range(-(-number // len(files))):
        chosen = files[: number - copy * len(files)]
        ids = {file.stem for file in chosen}
        other = _other_words(words, copy)
        for file in chosen:
            text = _renamed(texts[file], file.stem, ids, copy)
            folder = target / file.parent.name
            folder.mkdir(exist_ok=True)
            # Figures carry a hash of the code that drew them: that code stays as it is.
            has_figure = "figure=" in text
            new = "".join(_varied(text, other, code=not has_figure))
            (folder / f"{file.stem}-{copy}.md").write_text(new, "utf-8")
            for picture in file.parent.glob(f"{file.stem}-*.svg"):
                if picture.name in texts[file]:
                    name = picture.name.replace(file.stem, f"{file.stem}-{copy}", 1)
                    svg = picture.read_text("utf-8").rstrip() + f"\n<!-- {copy} -->\n"
                    (folder / name).write_text(svg, "utf-8")


def _renamed(text: str, id: str, ids: set[str], copy: int) -> str:
    def related(match: re.Match[str]) -> str:
        kept = [other for other in re.findall(r"[a-z0-9-]+", match[1]) if other in ids]
        return f"related: [{', '.join(f'{other}-{copy}' for other in kept)}]"

    text = re.sub(r"^related: \[([^\]]*)\]", related, text, count=1, flags=re.MULTILINE)
    return re.sub(rf"{id}(-[a-z0-9-]+\.svg)", rf"{id}-{copy}\1", text)


def _other_words(words: list[str], copy: int) -> Callable[[re.Match[str]], str]:
    """Return a function that puts for each word, and each number, another of the same length."""
    chance = random.Random(copy)
    by_length: dict[tuple[bool, int], list[str]] = {}
    for word in words:
        if not keyword.iskeyword(word):
            by_length.setdefault((word.isdigit(), len(word)), []).append(word)
    other = {}
    for group in by_length.values():
        other.update(zip(group, chance.sample(group, len(group)), strict=True))
    return lambda match: other.get(match[0], match[0])


def _varied(text: str, other: Callable[[re.Match[str]], str], code: bool) -> Iterator[str]:
    fenced = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
    for i, part in enumerate(fenced):
        if i % 2:
            first, rest = part.split("\n", 1)
            yield f"{first}\n{WORD.sub(other, rest) if code else rest}"
            continue
        end = 0
        for match in KEPT.finditer(part):
            yield WORD.sub(other, part[end : match.start()])
            yield match[0]
            end = match.end()
        yield WORD.sub(other, part[end:])
