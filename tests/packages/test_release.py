"""A release is refused unless all that can be checked is right, and git is told the truth about."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from repository import git

from mlcards.cli import main

AUC = Path("cards/ml-coding/auc.md")
THEORY = Path("cards/ml-theory/bias-variance.md")
TAXONOMY = Path("cards/taxonomy.yaml")
LIBRARY = Path("cards/library.yaml")
CHANGELOG = Path("CHANGELOG.md")
RECORD = Path("cards/released.txt")


def mlcards(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == code, result.output
    return result.output


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def released(mini: Path) -> Path:
    """Return the small library after its first release."""
    mlcards("release", "1.0.0")
    return mini


def test_broken_formulas_and_code_are_refused(mini: Path) -> None:
    """What only `check` with MathJax and `test` find stops a release before anything is written."""
    edit(THEORY, "is the noise.", "is $\\frac{1}$.")
    edit(AUC, "```python\n", "```python\nimport nothing_of_this_name\n")
    output = mlcards("release", "1.0.0", "-o", "out", code=1)
    assert "MathJax cannot typeset this formula" in output
    assert "No module named 'nothing_of_this_name'; install what answers may import" in output
    assert "2 problems in 2 files" in output
    assert not Path("out").exists()
    assert not CHANGELOG.exists()
    assert not RECORD.exists()


def test_a_company_without_evidence_is_built_and_not_released(mini: Path) -> None:
    """A bare list of companies is readable; `check` and `release` ask where it is reported."""
    file = mini / "ml-coding" / "auc.md"
    text = file.read_text("utf-8")
    file.write_text(text.replace("{amazon: listed https://example.org/list}", "[amazon]"), "utf-8")
    mlcards("build")
    place = "cards/ml-coding/auc.md:2:13: say where `amazon` is reported to ask this: "
    wanted = place + "`companies: {amazon: https://…}` [evidence]"
    assert wanted in mlcards("check", code=1)
    assert wanted in mlcards("release", "1.0.0", "-o", "out", code=1)
    file.write_text(text.replace("listed https://example.org/list", "hearsay"), "utf-8")
    assert "`hearsay` is no source and no address" in mlcards("build", code=1)


def test_without_mathjax_there_is_no_release(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Formulas that were not typeset are not published; the message says what to install."""
    monkeypatch.setattr("mlcards.authoring.formulas.installed", lambda: False)
    assert "pip install 'mlcards[formulas]'" in mlcards("release", "1.0.0", code=1)
    assert not RECORD.exists()


def test_the_same_release_again_gives_the_same_packages(released: Path) -> None:
    """So a workflow makes the packages of a tag: all is checked again, nothing else is written."""
    before = {file: file.read_bytes() for file in (Path("build/mini.apkg"), RECORD, CHANGELOG)}
    shutil.rmtree("build")
    mlcards("release", "1.0.0")
    assert {file: file.read_bytes() for file in before} == before
    edit(AUC, "A: One half.", "A: Exactly one half.")
    assert "version 1.0.0 is released already" in mlcards("release", "1.0.0", code=1)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (LIBRARY, "name: mini", "name: other", "`name: mini` begins the guid of every released"),
        (
            LIBRARY,
            "deck: Mini",
            "deck: Maxi",
            "the deck «Mini Interview::2 ML Theory» is no longer",
        ),
        (TAXONOMY, "{name: ML Theory}", "{name: Theory}", "the deck «Mini Interview::2 ML Theory»"),
        (
            TAXONOMY,
            "  meta:",
            "  facebook:",
            "tag `mini::company::meta`; bring back `meta` in taxonomy",
        ),
        (TAXONOMY, "  generalization:", "  general:", "write `tag: generalization` at the topic"),
        (TAXONOMY, "  ml-engineer:", "  engineer:", "write `tag: ml-engineer` at the track"),
    ],
)
def test_a_changed_identity_is_refused_by_all(
    released: Path, file: Path, old: str, new: str, message: str
) -> None:
    """`check`, `build` and `release` agree that names which learners have stay."""
    edit(file, old, new)
    for command in (["check"], ["build"], ["release", "1.1.0"]):
        output = mlcards(*command, code=1)
        assert message in output
        assert "[identity]" in output


def test_a_renamed_company_keeps_its_tag(released: Path) -> None:
    """`tag:` lets answers write a new id while learners' searches and packages stay."""
    edit(
        TAXONOMY,
        "  meta: {name: Meta, aliases: [",
        "  facebook: {name: Facebook, tag: meta, aliases: [meta, ",
    )
    assert "company::meta" in mlcards("list", "--tag", "meta", "--json")
    assert "build/company/meta.apkg" in mlcards("build")
    mlcards("release", "1.1.0")
    assert "tag mini::company::meta\n" in RECORD.read_text("utf-8")


def test_two_terms_with_one_tag_are_refused(mini: Path) -> None:
    """A tag has one meaning, and the form of an id."""
    edit(TAXONOMY, "  meta: {name: Meta,", "  meta: {name: Meta, tag: amazon,")
    assert "`amazon` has the tag `amazon` already; one tag, one meaning" in mlcards("check", code=1)
    edit(TAXONOMY, "tag: amazon", "tag: A b")
    assert "write the id that was released before the rename" in mlcards("check", code=1)


@pytest.mark.parametrize("version", ["01.2.3", "1.2", "v1.2.3", "١.٢.٣", "1.2.3-rc1", "9" * 5000])
def test_a_version_is_three_plain_numbers(mini: Path, version: str) -> None:
    """What git, GitHub and the record could read otherwise is no version."""
    assert "is no version; write three numbers" in mlcards("release", version, code=1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# News\n\n## Unreleased\n\n- By hand.\n", "## Unreleased\n\n## 1.0.0 (D)\n\n- By hand."),
        (
            "# News\n\n## [Unreleased]\n\n- By hand.\n\n## [0.9.0] - 2020-01-01\n\n- Old.\n",
            "## [Unreleased]\n\n## 1.0.0 (D)\n\n- By hand.",
        ),
        ("# News\n\nSome words.\n", "Some words.\n\n## Unreleased\n\n## 1.0.0 (D)\n\n### Added"),
        (
            "# News\n\n## unreleased\n## 0.9.0\n- Old.\n",
            "## unreleased\n\n## 1.0.0 (D)\n\n### Added",
        ),
    ],
)
def test_the_changelog_keeps_its_text(mini: Path, before: str, after: str) -> None:
    """What was written by hand goes into the release, what is older stays below it."""
    CHANGELOG.write_text(before, "utf-8")
    if re.search("0.9.0", before):
        output = mlcards("release", "1.0.0", code=1)
        assert "released.txt is missing, but CHANGELOG.md names 0.9.0; restore it" in output
        CHANGELOG.write_text(before.replace("0.9.0", "Early days"), "utf-8")
    mlcards("release", "1.0.0")
    text = re.sub(r"\d{4}-\d\d-\d\d\)", "D)", CHANGELOG.read_text("utf-8"))
    assert after in text
    assert text.count("By hand") == before.count("By hand")
    assert text.endswith("- Old.\n") == before.endswith("- Old.\n")


def test_a_changelog_that_is_no_text_is_left_alone(mini: Path) -> None:
    """One sentence, and nothing is written."""
    CHANGELOG.write_bytes(b"\xff\xfe\x00")
    assert "CHANGELOG.md is no UTF-8 text" in mlcards("release", "1.0.0", code=1)
    CHANGELOG.unlink()
    CHANGELOG.mkdir()
    assert "CHANGELOG.md cannot be read: Is a directory" in mlcards("release", "1.0.0", code=1)
    assert not RECORD.exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r" 1:[0-9a-f]{8}", " x:zz"),
        (r" 1:[0-9a-f]{8}", " 1:"),
        (r"(note auc \w+ \w+ )\d+", r"\g<1>" + "9" * 5000),
        (r"(note auc \w+ \w+ )\d+", r"\g<1>-1"),
        (r"(note auc \w+ \w+ )\d+", r"\g<1>٣"),
        (r"(note auc \w+) \w+", r"\1 zz"),
        (r"release 1\.0\.0", "release 1.0"),
        (r"release 1\.0\.0\n", ""),
        (r"library mini", "library "),
        (r"(note auc .*\n)", r"\1\1"),
        (r"note auc ", "<<<<<<< note auc "),
        (r"note auc ", "note ../auc "),
    ],
)
def test_a_damaged_record_is_said_so(released: Path, old: str, new: str) -> None:
    """Whatever a merge, an editor or a disk does to the record, no command guesses."""
    text, number = re.subn(old, new, RECORD.read_text("utf-8"), count=1)
    assert number
    RECORD.write_text(text, "utf-8")
    for command in ("check", "build"):
        output = mlcards(command, code=1)
        assert "cards/released.txt:" in output
        assert "restore the file" in output


def test_git_is_told_apart(mini: Path) -> None:
    """Commands for git are printed only where they work, and only for what a commit holds."""
    assert "git " not in mlcards("release", "1.0.0", "-o", "a")
    git("init", "-q")
    assert "no commit holds the cards folder; commit it" in mlcards("release", "1.1.0", code=1)
    Path(".gitignore").write_text("cards\n", "utf-8")
    edit(AUC, "A: One half.", "A: Exactly one half.")
    assert "git add" not in mlcards("release", "1.1.0", "-o", "b")
    Path(".gitignore").write_text("build\na\nb\n", "utf-8")
    git("add", "-A")
    git("commit", "-qm", "One")
    git("tag", "v1.2.0")
    assert "the tag v1.2.0 exists already" in mlcards("release", "1.2.0", code=1)
    assert "git tag -a v1.3.0" in mlcards("release", "1.3.0")
    git("commit", "-qam", "Release")
    git("tag", "v1.3.0")
    mlcards("release", "1.3.0")


def test_a_renamed_prompt_says_first_to_undo_it(released: Path) -> None:
    """The message stands at the new name and names the old one."""
    edit(AUC, "### ties", "### tie")
    output = mlcards("check", code=1)
    assert f"{AUC}:" in output
    assert (
        "was released as `auc/ties` and learners have it; undo the rename: call it `### ties`"
        in output
    )
    assert " 1 error" in output
