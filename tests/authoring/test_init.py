"""A library of one's own, on another subject."""

from __future__ import annotations

from pathlib import Path

import pytest
from anki_collection import collection, import_package
from click.testing import CliRunner, Result

from mlcards.cli import main


def mlcards(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Start two libraries and build them; return their packages."""
    packages: list[Path] = []
    for name in ("rome", "Old Greek"):
        monkeypatch.chdir(tmp_path)
        assert mlcards("init", name).exit_code == 0
        monkeypatch.chdir(tmp_path / name)
        assert mlcards("build").exit_code == 0
        packages += Path.cwd().glob("build/*.apkg")
    return packages


def test_a_new_library_checks_builds_and_runs_at_once(two: list[Path]) -> None:
    """What `init` writes has no errors and no advice, and its code passes."""
    assert mlcards("check").output.endswith("1 answer, 5 notes: 0 errors, 0 pieces of advice\n")
    assert mlcards("test").output == "the code of 1 answer passes\n"
    assert [package.name for package in two] == ["rome.apkg", "old-greek.apkg"]


def test_two_libraries_share_nothing_in_anki(two: list[Path], tmp_path: Path) -> None:
    """Notes, note types, decks and tags of two libraries stand beside each other."""
    with collection(tmp_path / "learner") as learner:
        for package in two:
            log = import_package(learner, package)
            assert (log["new"], log["conflicting"], log["duplicate"]) == (5, 0, 0)
        assert learner.note_count() == 10
        own = [kind.name for kind in learner.models.all_names_and_ids()]
        for name in ("rome", "Old Greek"):
            assert {f"{name} Explain", f"{name} Prompt", f"{name} Cloze"} <= set(own)
        assert not [name for name in own if name.endswith("+")]
        tags = {tag.split("::")[0] for tag in learner.tags.all()}
        assert tags == {"rome", "old-greek"}
        decks = {deck.name for deck in learner.decks.all_names_and_ids()}
        assert {"rome::1 Basics", "Old Greek::1 Basics"} <= decks


def test_nothing_is_overwritten(two: list[Path]) -> None:
    """A second `init` writes what is missing and leaves the rest."""
    settings = Path("cards/library.yaml")
    settings.write_text(settings.read_text("utf-8").replace("license: CC BY 4.0", "license: MIT"))
    Path(".gitignore").unlink()
    assert mlcards("init").output.startswith(".gitignore\n")
    assert "license: MIT" in settings.read_text("utf-8")
    result = mlcards("init")
    assert result.exit_code == 1
    assert "holds a library already; nothing was written" in result.output


def test_missing_files_are_explained(two: list[Path]) -> None:
    """Where a file of the library is missing, the error says what belongs in it."""
    Path("cards/sources.yaml").unlink()
    assert (
        "cards/sources.yaml:1:1: this file is missing; it holds the works that answers cite: "
        "`mlcards init` writes it [catalog]"
    ) in mlcards("check").output


def test_a_question_in_any_language(two: list[Path]) -> None:
    """The name of a new file is spelled in Latin letters, and offered from the library's lists."""
    result = mlcards("new", "basics", "Что такое память?")
    assert result.output.startswith("cards/basics/chto-takoe-pamyat.md\n")
    text = Path("cards/basics/chto-takoe-pamyat.md").read_text("utf-8")
    assert "tracks:" not in text
    assert mlcards("new", "basics", "???").exit_code == 2
    assert "--id some-words" in mlcards("new", "basics", "???").output
