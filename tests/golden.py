"""Read golden cases: a title, then parts that lines with a single dot divide."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent / "data"


def cases(name: str, parts: int) -> list[tuple[str, ...]]:
    """Return (title, part, …) for each case of a file in tests/data/."""
    text = (DATA / name).read_text("utf-8").split("\n\n", 1)[1]
    pieces: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line == ".":
            pieces.append([])
        else:
            pieces[-1].append(line)
    texts = ["\n".join(lines) for lines in pieces]
    return [
        (texts[i].strip(), *texts[i + 1 : i + 1 + parts])
        for i in range(0, len(texts) - parts, parts + 1)
    ]
