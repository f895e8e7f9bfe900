"""The cache under build/ is never needed and never wrong."""

from __future__ import annotations

import pickle
import shutil
import sqlite3
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlcards.cli import main
from mlcards.compile import folder as compile
from mlcards.compile.folder import compile_cards
from mlcards.state import cache
from mlcards.text.diagnostics import InvalidAnswer

ANSWER = Path("cards/ml-theory/bias-variance.md")
DATABASE = Path("build/.cache/answers.db")


def build() -> dict[str, bytes]:
    """Build; return the packages."""
    result = CliRunner().invoke(main, ["build"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return {str(file): file.read_bytes() for file in Path("build").rglob("*.apkg")}


def kept() -> set[str]:
    """Return the keys in the cache."""
    with cache.opened(Path("cards")) as store:
        return set(store)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def spoil_file() -> None:
    DATABASE.write_bytes(b"no database at all" * 1000)


def spoil_half() -> None:
    data = DATABASE.read_bytes()
    DATABASE.write_bytes(data[: len(data) // 2])


def spoil_pages() -> None:
    data = bytearray(DATABASE.read_bytes())
    data[4096:] = b"x" * len(data[4096:])
    DATABASE.write_bytes(data)


def spoil_values() -> None:
    connection = sqlite3.connect(DATABASE)
    connection.execute("UPDATE kept SET value = substr(value, 1, 50)")
    connection.commit()
    connection.close()


def spoil_fields() -> None:
    connection = sqlite3.connect(DATABASE)
    connection.execute("DELETE FROM kept WHERE key LIKE 'fields %'")
    connection.commit()
    connection.close()


def take_away() -> None:
    shutil.rmtree(DATABASE.parent)


def put_in_the_way() -> None:
    shutil.rmtree(DATABASE.parent)
    DATABASE.parent.write_text("a file where the folder should be")


@pytest.mark.parametrize(
    "harm",
    [
        spoil_file,
        spoil_half,
        spoil_pages,
        spoil_values,
        spoil_fields,
        take_away,
        put_in_the_way,
    ],
)
def test_packages_are_the_same_with_and_without(mini: Path, harm: object) -> None:
    """The packages have the same bytes from a new, a full, a damaged and no cache."""
    first = build()
    shutil.rmtree("build/area")
    assert build() == first
    shutil.rmtree("build/area")
    harm()  # type: ignore[operator]
    assert build() == first


def test_a_damaged_cache_is_given_up(mini: Path) -> None:
    """After the build that found the damage, the cache holds what was rendered again."""
    build()
    keys = kept()
    spoil_pages()
    for _ in range(2):
        shutil.rmtree("build/area", ignore_errors=True)
        build()
    assert kept() == keys


def test_what_changed_is_made_anew(mini: Path) -> None:
    """Another text, closed list or picture gives what a build without a cache gives."""
    changes = [
        (ANSWER, "irreducible noise", "noise that stays"),
        (Path("cards/taxonomy.yaml"), "name: Amazon", "name: Amazon Inc"),
        (Path("cards/sources.yaml"), "title: ", "title: A "),
        (ANSWER.with_name("bias-variance-curve.svg"), "<svg ", "<svg id='x' "),
    ]
    build()
    for file, old, new in changes:
        edit(file, old, new)
        warm = build()
        shutil.rmtree("build")
        assert build() == warm


def test_other_code_makes_it_anew(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that another version of the tool or of a library made is used."""
    build()
    before = kept()
    monkeypatch.setattr("mlcards.state.cache.versions", lambda: "another version")
    build()
    assert not before & kept()


def test_it_does_not_grow(mini: Path) -> None:
    """Only what belongs to the present answers is kept."""
    build()
    size = len(kept())
    for i in range(5):
        edit(ANSWER, "## Checklist", f"## Section {i}\n\nx\n\n## Checklist")
        build()
        assert len(kept()) == size


def test_check_typesets_again_only_what_changed(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A formula that MathJax refuses is still refused when it is not typeset again."""
    edit(ANSWER, "is the noise.", "is $\\foo$ noise.")
    first = CliRunner().invoke(main, ["check"])
    assert first.exit_code == 1
    monkeypatch.setattr("mlcards.authoring.formulas.typesetter", None)
    assert CliRunner().invoke(main, ["check"]).output == first.output


def test_workers_render_the_same(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several processes give what one gives, with the same problems."""
    edit(ANSWER, "$", "$$$")
    Path("cards/ml-theory/no-text.md").write_bytes(b"\xff")
    alone = compile_cards(Path("cards"))
    monkeypatch.setattr(compile, "_ENOUGH_FOR_A_WORKER", 1)
    together = compile_cards(Path("cards"))
    assert together.problems == alone.problems != ()
    assert together.notes == alone.notes
    assert list(together.filled(together.notes)) == list(alone.filled(alone.notes))


def test_a_file_that_changes_meanwhile_is_said_so(mini: Path) -> None:
    """What was taken from memory and then changed on disk is not mixed up."""
    compiled = compile_cards(Path("cards"))
    compiled.shelf.store.clear()
    assert list(compiled.filled(compiled.notes))
    edit(ANSWER, "noise", "sound")
    with pytest.raises(InvalidAnswer, match="this file changed while it was read"):
        list(compiled.filled(compiled.notes))


def test_a_planted_cache_runs_nothing() -> None:
    """Only our own plain types are made from the bytes of the cache."""
    planted = zlib.compress(pickle.dumps(Fraction(1, 2)))
    with pytest.raises(pickle.UnpicklingError, match="Fraction"):
        cache.unpack(planted)


def spoil_key() -> None:
    change("UPDATE kept SET key = CAST(x'ff' || key AS TEXT)")


def swap_values() -> None:
    connection = sqlite3.connect(DATABASE)
    rows = connection.execute("SELECT key, value FROM kept WHERE key LIKE 'fields %'").fetchall()
    (first, one), (second, other) = rows
    for key, value in ((first, other), (second, one)):
        connection.execute("UPDATE kept SET value = ? WHERE key = ?", (value, key))
    connection.commit()
    connection.close()


def other_types() -> None:
    change("UPDATE kept SET value = 9223372036854775807")


def other_table() -> None:
    change("ALTER TABLE kept RENAME COLUMN value TO content")


def change(statement: str) -> None:
    connection = sqlite3.connect(DATABASE)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "harm",
    [spoil_file, spoil_pages, spoil_values, spoil_key, swap_values, other_types, other_table],
)
def test_a_cache_that_cannot_be_trusted_is_thrown_away(mini: Path, harm: object) -> None:
    """One line says so, the packages are right, and the next command starts a new cache."""
    first = build()
    shutil.rmtree("build/area")
    harm()  # type: ignore[operator]
    result = CliRunner().invoke(main, ["build"], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.output.count("cannot be trusted and is thrown away; it is made again") == 1
    assert {str(file): file.read_bytes() for file in Path("build").rglob("*.apkg")} == first
    for _ in range(2):
        shutil.rmtree("build/area")
        result = CliRunner().invoke(main, ["build"], catch_exceptions=False)
    assert "thrown away" not in result.output


def test_a_cache_that_came_with_a_clone_is_not_used(mini: Path) -> None:
    """What lies in a copied folder is made again."""
    build()
    shutil.copytree("build/.cache", "copy")
    shutil.rmtree("build")
    Path("build").mkdir()
    Path("copy").rename("build/.cache")
    result = CliRunner().invoke(main, ["build"], catch_exceptions=False)
    assert "thrown away" in result.output


def test_a_cache_that_is_a_link_harms_nothing(mini: Path) -> None:
    """A link in the place of the cache is taken away, not followed."""
    Path("mine.db").write_bytes(b"mine")
    DATABASE.parent.mkdir(parents=True)
    DATABASE.symlink_to(Path("mine.db").absolute())
    build()
    assert Path("mine.db").read_bytes() == b"mine"
    assert not DATABASE.is_symlink()
