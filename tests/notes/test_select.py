from __future__ import annotations

import pytest
from golden import DATA

from mlcards.compile.folder import compile_cards
from mlcards.notes.selection import NothingSelected, Selection, matches

NOTES = compile_cards(DATA / "library").notes


@pytest.mark.parametrize(
    ("word", "tag", "expected"),
    [
        ("amazon", "company::amazon", True),
        ("Company", "company::amazon", True),
        ("company::AMAZON", "company::amazon", True),
        ("topic::reg*", "topic::regression", True),
        ("*::amazon", "company::amazon", True),
        ("ama", "company::amazon", False),
        ("company::a", "company::amazon", False),
        ("company::amazon::x", "company::amazon", False),
        ("amazon::company", "company::amazon", False),
    ],
)
def test_a_tag_matches_where_its_parts_stand_in_a_row(word: str, tag: str, expected: bool) -> None:
    """Parts match whole parts, in a row, without regard to case; `*` stands for anything."""
    assert matches(word, tag) is expected


def keys(*tags: str, without: tuple[str, ...] = ()) -> set[str]:
    return {note.key for note in Selection(tags, without).of(NOTES)}


def test_narrow_widen_exclude() -> None:
    """A second --tag narrows, a comma widens, --exclude-tag takes away."""
    assert keys("amazon") == {"auc", "auc/ties"}
    assert keys("amazon,meta", "kind::explain") == {"auc", "bias-variance"}
    assert keys("ml-theory", without=("kind::cloze", "explain")) == {"bias-variance/bagging-lowers"}
    assert keys(without=("ml-theory",)) == {"auc", "auc/ties"}


def test_an_unknown_tag_proposes_near_ones() -> None:
    """A tag that no note has is an error with the nearest names."""
    with pytest.raises(NothingSelected, match=r"no note has the tag `amazn`; did you mean amazon"):
        keys("amazon", without=("amazn",))
    with pytest.raises(NothingSelected, match="together"):
        keys("amazon", "ml-theory")


def test_names() -> None:
    """A selection gives its package a readable name of safe characters."""
    assert Selection(("amazon,google", "hard")).name == "amazon-or-google-and-hard"
    assert Selection(("topic::reg*",), ("kind::cloze",)).name == "topic-reg_-not-kind-cloze"
