"""Where nothing has changed, `build` and `check` answer from memory, and only there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlcards.cli import main

ANSWER = Path("cards/ml-theory/bias-variance.md")
PACKAGE = Path("build/mini.apkg")


def mlcards(*words: str) -> str:
    return CliRunner().invoke(main, words).output


@pytest.fixture
def compiled(mini: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Say that the files have not changed for long; return a list of what gets compiled."""
    from mlcards import compile
    from mlcards.state import memory

    real = compile.compile_cards
    folders: list[Path] = []

    def spy(folder: Path, *more: object) -> object:
        folders.append(folder)
        return real(folder, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(compile, "compile_cards", spy)
    monkeypatch.setattr(memory, "_CLOCK", 0)
    return folders


@pytest.mark.parametrize("words", [["build"], ["build", "--tag", "amazon"], ["check"]])
def test_nothing_changed(compiled: list[Path], words: list[str]) -> None:
    """The second time the same is said, and nothing is compiled."""
    first = mlcards(*words)
    assert mlcards(*words) == first
    assert len(compiled) == 1


def rewrite() -> None:
    ANSWER.write_text(ANSWER.read_text("utf-8").replace("noise", "sound"), "utf-8")


def rewrite_with_old_time() -> None:
    before = ANSWER.stat()
    rewrite()
    os.utime(ANSWER, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_an_answer() -> None:
    ANSWER.with_name("other.md").write_bytes(ANSWER.read_bytes())


def take_away_an_answer() -> None:
    ANSWER.unlink()


def touch_the_package() -> None:
    PACKAGE.write_bytes(b"mine")


def delete_the_package() -> None:
    PACKAGE.unlink()


def damage_the_memory() -> None:
    Path("build/.cache/build.json").write_text("{")


@pytest.mark.parametrize(
    "change",
    [
        rewrite,
        rewrite_with_old_time,
        add_an_answer,
        take_away_an_answer,
        touch_the_package,
        delete_the_package,
        damage_the_memory,
    ],
)
def test_each_change_is_seen(compiled: list[Path], change: Callable[[], None]) -> None:
    """A change of an answer or of what was written builds again."""
    mlcards("build")
    change()
    mlcards("build")
    assert len(compiled) == 2


def test_another_time_is_another_build(
    compiled: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build for another time does not answer for this one."""
    mlcards("build")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(time.time()) - 1000))
    mlcards("build")
    assert len(compiled) == 2


def test_another_selection_is_another_build(compiled: list[Path]) -> None:
    """What was remembered of one selection does not answer for another."""
    assert mlcards("build", "--tag", "amazon") != mlcards("build", "--tag", "meta")
    assert len(compiled) == 2


def test_problems_are_remembered_by_check_alone(compiled: list[Path]) -> None:
    """`check` shows the same problems again; `build` looks again."""
    ANSWER.write_text(ANSWER.read_text("utf-8").replace("## Checklist", "## List"), "utf-8")
    first = mlcards("check")
    assert "write a `## Checklist`" in first
    assert mlcards("check") == first
    assert mlcards("check", "--format", "github") != first
    assert len(compiled) == 1
    assert "write a `## Checklist`" in mlcards("build")
    assert "write a `## Checklist`" in mlcards("build")
    assert len(compiled) == 3


def test_a_file_that_just_changed_is_not_trusted(mini: Path) -> None:
    """A second change within the clock's grain would not show, so nothing is remembered."""
    mlcards("check")
    assert not Path("build/.cache/check.json").exists()
