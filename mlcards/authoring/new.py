"""Write the skeleton of an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from anyascii import anyascii

from mlcards.library import MAX_ID, Catalog
from mlcards.notes import Note

_DROPPED = frozenset(
    (
        "a an and are as at be by can could describe did do does explain for from give had has "
        "have how i in is it its me of on or please say should tell that the their them there "
        "these this to us use used was were what when where which why will with would you your"
    ).split()
)
_MOST_WORDS = 5


def propose_id(question: str) -> str:
    """Return a short id from the telling words of a question."""
    words = re.findall(r"[a-z0-9]+", anyascii(question).casefold().replace("'s", ""))
    telling = [word for word in words if word not in _DROPPED] or words
    return "-".join(telling[:_MOST_WORDS])[:MAX_ID].strip("-")


def alike(question: str, notes: Iterable[Note]) -> list[Note]:
    """Return the Explain notes whose questions share most words with this one."""

    def telling(text: str) -> set[str]:
        return set(re.findall(r"\w+", text.casefold())) - _DROPPED

    mine = telling(question)
    explain = [note for note in notes if note.kind == "explain"]
    return [n for n in explain if len(mine & telling(n.title)) > 0.5 * len(mine | telling(n.title))]


def skeleton(question: str, catalog: Catalog) -> str:
    """Return the text of a new file; each comment in it says what to put in its place.

    It offers the library's own tracks and shows the form of what else the library knows.
    """
    template = Path(__file__).with_name("skeleton.md").read_text("utf-8")
    tracks = ", ".join(term.id for term in catalog.tracks.terms)
    companies = next((term.id for term in catalog.companies.terms), "")
    for line, wanted in (
        (f"tracks: [{tracks}]", tracks),
        ("core_for: []", tracks),
        (f"companies: {{{companies}: https://…}}", companies),
    ):
        key = line.partition(":")[0]
        template = re.sub(rf"{key}: .*\n", f"{line}\n" if wanted else "", template, count=1)
    return template.replace("{question}", question)
