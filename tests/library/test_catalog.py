from __future__ import annotations

from pathlib import Path

import pytest

from mlcards.library.catalog import load
from mlcards.text.diagnostics import InvalidAnswer


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("taxonomy.yaml", "areas:", "area:", "1:1: write `areas:` with one `id: {name: …}` a line"),
        ("taxonomy.yaml", "areas:", "area:", "1:1: `area` is not known here; write areas, topics"),
        ("taxonomy.yaml", "amazon: {name: Amazon}", "Amazon Co: {name: A}", "`Amazon Co` is no id"),
        ("taxonomy.yaml", "{name: Amazon}", "Amazon", "8:3: write `amazon: {name: …}` [catalog]"),
        (
            "taxonomy.yaml",
            "{name: Amazon}",
            "{nam: Amazon}",
            "8:3: `name` is missing; write `name: …`",
        ),
        (
            "taxonomy.yaml",
            "[FB, Facebook]",
            "[FB, Amazon]",
            "`amazon` already means `amazon`; one word",
        ),
        (
            "sources.yaml",
            "https://example.org/roc",
            "http://example.org",
            "must begin with https://",
        ),
        ("sources.yaml", "by: Fawcett 2006, ", "", "2:1: `by` is missing; write `by: …` [catalog]"),
        (
            "sources.yaml",
            "fawcett2006:",
            "esl:",
            "2:1: `esl` stands twice, first in line 1; keep one",
        ),
        ("library.yaml", "name: mini", "name: Mini Interview", "1:1: `name` is no id; use a-z"),
        ("taxonomy.yaml", "[FB, Facebook]", "[{a: b}]", "an alias is one word or phrase [catalog]"),
        (
            "library.yaml",
            "files: https://example.org/mini/cards/",
            "files: javascript:alert(1)",
            "6:8: `files` is an address: `files: https://…` [catalog]",
        ),
        ("library.yaml", "deck: Mini Interview\n", "", "1:1: `deck` is missing; write `deck: …`"),
    ],
)
def test_mistakes_in_the_closed_lists(
    name: str, old: str, new: str, expected: str, mini: Path
) -> None:
    """A mistake in taxonomy, sources or settings has a place and a way out."""
    file = mini / name
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(InvalidAnswer) as caught:
        load(mini)
    assert any(expected in str(one) for one in caught.value.diagnostics), str(caught.value)


def test_words_that_mean_a_term(mini: Path) -> None:
    """An id, the shown name and an alias all mean the term, whatever the case."""
    companies = load(mini).companies
    meta = companies.find("meta")
    assert meta
    assert meta == companies.find("FB") == companies.find("facebook") == companies.find("Meta")
    assert companies.find("Metta") is None
