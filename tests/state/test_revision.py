from __future__ import annotations

import os
from pathlib import Path

import pytest
from repository import git

from mlcards.state.git import _ENVIRONMENT
from mlcards.state.revision import IGNORED, NO_COMMIT, NO_GIT, RECORD, UnusableTime, revision

FILE = Path("cards/ml-coding/auc.md")


@pytest.fixture
def repository(mini: Path) -> Path:
    """Return the small library, committed at the second 1,700,000,000."""
    git("init", "-q")
    git("add", "cards")
    git("commit", "-qm", "One")
    return mini


def test_a_clean_checkout_has_the_time_of_its_commit(repository: Path) -> None:
    """The commit gives the time, and the description names it."""
    found = revision(repository)
    assert found.time == 1_700_000_000
    assert str(found) == f"built from commit {git('rev-parse', '--short=10', 'HEAD')}"


def test_changed_files_have_their_own_time(repository: Path) -> None:
    """Two builds of a changed folder differ in time, so that a learner gets the second."""
    FILE.write_text("x", "utf-8")
    os.utime(FILE, (1_750_000_000, 1_750_000_000))
    for file in repository.rglob("*.*"):
        if file != FILE:
            os.utime(file, (1_600_000_000, 1_600_000_000))
    found = revision(repository)
    assert found.time == 1_750_000_000
    assert str(found).endswith(" with later changes")


def test_changes_outside_the_cards_do_not_count(repository: Path) -> None:
    """Only the answers, not the record of releases, decide whether they are as committed."""
    Path("notes.txt").write_text("x", "utf-8")
    (repository / RECORD).write_text("x", "utf-8")
    assert not revision(repository).changed


def test_a_shallow_clone_is_like_any_other(repository: Path, tmp_path: Path) -> None:
    """CI often fetches one commit only; that one is enough."""
    git("commit", "-qm", "Two", "--allow-empty")
    clone = tmp_path / "clone"
    git("clone", "-q", "--depth=1", f"file://{Path.cwd()}", str(clone))
    assert revision(clone / "cards") == revision(repository)


def test_a_repository_that_git_refuses_is_said_so(repository: Path) -> None:
    """Where git cannot read what is there, the build does not guess."""
    Path(".git/HEAD").write_text("ref: refs/heads/broken\x00", "utf-8")
    Path(".git/config").write_text("[broken", "utf-8")
    with pytest.raises(UnusableTime, match="git cannot tell the state of cards: "):
        revision(repository)


def test_without_git_the_newest_file_counts(mini: Path) -> None:
    """A folder that was unpacked from an archive has the time of its newest file."""
    for file in mini.rglob("*.*"):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    os.utime(FILE, (1_650_000_000, 1_650_000_000))
    found = revision(mini)
    assert found.time == 1_650_000_000
    assert str(found) == "built from a folder without git"
    assert found.instead == NO_GIT


def test_a_file_that_git_is_told_not_to_show_is_a_change(repository: Path) -> None:
    """What no commit holds is not «built from» it, whatever git is set up to hide."""
    git("config", "status.showUntrackedFiles", "no")
    (repository / "ml-coding" / "new.md").write_text("x", "utf-8")
    assert revision(repository).changed
    (repository / "ml-coding" / "new.md").unlink()
    assert not revision(repository).changed
    (Path(".git") / "info" / "exclude").write_text("new.md\n*.swp\n", "utf-8")
    (repository / "ml-coding" / "x.swp").write_text("x", "utf-8")
    assert not revision(repository).changed
    (repository / "ml-coding" / "new.md").write_text("x", "utf-8")
    assert revision(repository).changed


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_is_told_to_overlook_is_a_change(repository: Path, mark: str) -> None:
    """Marks in git's index do not hide that a file may differ."""
    git("update-index", mark, str(FILE))
    FILE.write_text("x", "utf-8")
    assert revision(repository).changed


def test_a_library_in_a_repository_that_ignores_it(mini: Path) -> None:
    """The commit of a repository around the library is not what it is built from."""
    git("init", "-q")
    Path(".gitignore").write_text("cards/\n", "utf-8")
    git("add", ".gitignore")
    git("commit", "-qm", "One")
    found = revision(mini)
    assert (found.commit, found.instead) == ("", IGNORED)
    assert str(found) == "built from a folder that git ignores"


@pytest.mark.parametrize("commits", [0, 1])
@pytest.mark.parametrize("added", [False, True])
def test_a_library_that_no_commit_holds_yet(mini: Path, commits: int, added: bool) -> None:
    """A new repository, or a folder not yet committed, is told apart from one without git."""
    git("init", "-q")
    if commits:
        git("commit", "-qm", "One", "--allow-empty")
    if added:
        git("add", "cards")
    found = revision(mini)
    assert (found.commit, found.changed, found.instead) == ("", True, NO_COMMIT)


def test_a_library_that_is_a_repository_itself(mini: Path) -> None:
    """The cards folder may be the root of its repository."""
    git("init", "-q", folder=mini)
    git("add", ".", folder=mini)
    assert revision(mini).instead == NO_COMMIT
    git("commit", "-qm", "One", folder=mini)
    assert str(revision(mini)).startswith("built from commit ")


def test_the_whole_advice_of_git_is_shown(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git does not trust the folder's owner, it says which command to give."""
    stranger = {**_ENVIRONMENT, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    monkeypatch.setattr("mlcards.state.git._ENVIRONMENT", stranger)
    with pytest.raises(UnusableTime, match=r"git config --global --add safe\.directory"):
        revision(repository)


@pytest.mark.parametrize("word", ["soon", "-1", "99999999999", "١٢٣", "9" * 5000])
def test_source_date_epoch(mini: Path, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    """SOURCE_DATE_EPOCH goes before all; a senseless one is refused."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
    assert revision(mini).time == 1_234_567_890
    monkeypatch.setenv("SOURCE_DATE_EPOCH", word)
    with pytest.raises(UnusableTime, match=f"SOURCE_DATE_EPOCH={word[:20]} is not a second"):
        revision(mini)
