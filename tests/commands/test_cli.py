from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlcards.cli import main
from mlcards.commands import words


def mlcards(*words: str) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def files(folder: Path) -> set[str]:
    found = {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}
    return {name for name in found if not name.startswith(".cache/")}


def test_build_writes_all_packages(mini: Path) -> None:
    """`mlcards build` writes everything, a package an area, a package a company."""
    result = mlcards("build")
    assert result.exit_code == 0
    assert "build/mini.apkg: 5 notes, 7 cards" in result.output
    assert result.output.endswith("7 packages with 5 notes and 7 cards\n")
    assert files(Path("build")) == {
        "mini.apkg",
        "core/data-scientist.apkg",
        "area/ml-coding.apkg",
        "area/ml-theory.apkg",
        "company/amazon.apkg",
        "company/mckinsey.apkg",
        "company/meta.apkg",
    }


def test_build_a_selection(mini: Path) -> None:
    """--tag writes one package, named after the selection or as -o says."""
    assert mlcards("build", "--tag", "amazon", "--tag", "medium").exit_code == 0
    assert mlcards("build", "--tag", "meta", "-o", "deck.apkg").exit_code == 0
    assert mlcards("build", "cards", "--exclude-tag", "meta", "-o", "out").exit_code == 0
    assert files(Path("build")) == {"tag/amazon-and-medium.apkg"}
    assert Path("deck.apkg").exists()
    assert files(Path("out")) == {"not-meta.apkg"}


def test_wrong_use_writes_nothing(mini: Path) -> None:
    """An unknown tag is wrong use (2), says what is near, and writes nothing."""
    result = mlcards("build", "--tag", "amazn")
    assert result.exit_code == 2
    assert "no note has the tag `amazn`; did you mean amazon" in result.output
    assert files(Path("build")) == set()


def test_errors_leave_the_last_packages(mini: Path) -> None:
    """With a broken answer all problems show, exit is 1, and the last good packages stay."""
    mlcards("build")
    before = {name: Path("build", name).read_bytes() for name in files(Path("build"))}
    for file in mini.glob("*/*.md"):
        file.write_text(file.read_text("utf-8").replace("## Checklist", "## List"), "utf-8")
    result = mlcards("build")
    assert result.exit_code == 1
    assert "cards/ml-coding/auc.md:14:4: write a `## Checklist`" in result.output
    assert "cards/ml-theory/bias-variance.md:17:4: write a `## Checklist`" in result.output
    assert "2 problems in 2 files" in result.output
    assert {name: Path("build", name).read_bytes() for name in files(Path("build"))} == before


def test_no_answers(mini: Path) -> None:
    """A folder without answers is said so, and nothing is written."""
    for file in mini.glob("*/*.md"):
        file.unlink()
    for command in (["build"], ["list"], ["release", "1.0.0"]):
        result = mlcards(*command)
        assert result.exit_code in (1, 2)
        assert "there are no answers" in result.output
    assert mlcards("check").exit_code == 0
    assert files(Path("build")) == set()


def test_check_writes_nothing(mini: Path) -> None:
    """`check` says what a build would say, and writes nothing."""
    result = mlcards("check")
    assert result.exit_code == 0
    assert result.output.endswith("2 answers, 5 notes: 0 errors, 8 pieces of advice\n")
    assert files(Path("build")) == set()


def test_check_shows_the_place(mini: Path) -> None:
    """Text shows the line with a caret, JSON and GitHub's commands the same problems."""
    file = mini / "ml-coding" / "auc.md"
    file.write_text(file.read_text("utf-8").replace("{amazon:", "{amazonn:"), "utf-8")
    result = mlcards("check", str(file))
    assert result.exit_code == 1
    assert (
        f"{file}:2:13: `amazonn` is no company; did you mean amazon? [unknown-name]\n"
        "    companies: {amazonn: listed https://example.org/list}\n"
        "                ^\n"
    ) in result.output
    assert "bias-variance" not in result.output
    (found,) = [
        one
        for one in json.loads(mlcards("check", "--format", "json").output)
        if one["severity"] == "error"
    ]
    assert (found["line"], found["column"], found["code"]) == (2, 13, "unknown-name")
    output = mlcards("check", "--format", "github").output
    assert (
        f"::error file={file},line=2,col=13,title=unknown-name::"
        "`amazonn` is no company; did you mean amazon?\n"
    ) in output
    assert "::notice file=" in output


def test_formulas_are_typeset_by_mathjax(mini: Path) -> None:
    """A formula that MathJax refuses is an error at the formula's own place."""
    file = mini / "ml-theory" / "bias-variance.md"
    text = file.read_text("utf-8")
    file.write_text(
        text.replace("is the noise.", "is $\\frac{1}$.\n\n$$\nx^a^b\n$$"),
        "utf-8",
    )
    line = text[: text.index("is the noise.")].count("\n") + 1
    output = mlcards("check").output
    assert f"{file}:{line}:22: MathJax cannot typeset this formula: Missing argument" in output
    assert "[mathjax]" in output
    assert f"{file}:{line + 3}:1: MathJax cannot typeset this formula: Double exponent" in output


def test_without_mathjax_check_says_how_to_install_it(
    mini: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Formulas are left out with one line that says so; the rest is checked."""
    monkeypatch.setattr("mlcards.authoring.formulas.installed", lambda: False)
    result = mlcards("check")
    assert result.exit_code == 0
    assert result.output.count("pip install 'mlcards[formulas]'") == 1


def test_rules_are_listed() -> None:
    """`check --rules` lists each code with its sentence."""
    output = mlcards("check", "--rules").output
    assert "  unknown-name       Companies, topics, tracks and difficulties are those" in output
    assert "  spoken-length      The spoken answer has 60 to 150 words." in output


def test_new(mini: Path) -> None:
    """`new` writes a skeleton whose every gap is an error of `check`; it overwrites nothing."""
    result = mlcards("new", "ml-theory", "What is label smoothing, and when does it help?")
    file = mini / "ml-theory" / "label-smoothing-help.md"
    assert result.output == f"{file}\nReplace each comment, then: mlcards check {file}\n"
    text = file.read_text("utf-8")
    output = mlcards("check", str(file)).output
    for number, line in enumerate(text.split("\n"), 1):
        if "<!--" in line or "TOPIC" in line or "KEY" in line:
            assert f"{file}:{number}:" in output, line
    again = mlcards("new", "ml-theory", "What is label smoothing, and when does it help?")
    assert again.exit_code == 2
    assert "exists; choose another name with --id" in again.output
    assert file.read_text("utf-8") == text
    similar = mlcards("new", "ML Coding", "Write the AUC from scratch", "--id", "auc-2")
    assert "`auc` asks something similar: Write AUC from scratch" in similar.output
    assert similar.exit_code == 0
    assert "did you mean ml-theory" in mlcards("new", "theory", "What?").output


def test_list(mini: Path) -> None:
    """`list` shows the chosen notes as a table or as JSON."""
    header, *table = mlcards("list", "--tag", "amazon").output.splitlines()
    assert header.split() == ["KEY", "KIND", "DIFFICULTY", "COMPANIES", "FRONT"]
    assert re.split("  +", table[0]) == [
        "auc",
        "explain",
        "medium",
        "amazon",
        "Write AUC from scratch",
    ]
    assert table[-1] == "2 notes, 2 cards, from 1 answer"
    rows = json.loads(mlcards("list", "--json", "--tag", "cloze").output)
    assert rows[0]["key"] == "bias-variance/decomposition"
    assert rows[0]["cards"] == 3
    assert "mini::company::meta" in rows[0]["tags"]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        ("twin", "cards/ml-theory/auc.md:1:1: `cards/ml-coding/auc.md` has this id already"),
        ("case", "an id names one file [duplicate-id]"),
        ("case", "cards/ml-theory/AUC.md:1:1: `cards/ml-coding/auc.md` has this id already"),
        (
            "area",
            "cards/ml-theorie/x.md:1:1: the folder `ml-theorie` is no area; did you mean ml-theory",
        ),
        (
            "deep",
            "cards/ml-theory/deep/x.md:1:1: answers lie in `cards/<area>/`, not deeper; move the file up [area]",
        ),
        (
            "link",
            "cards/ml-theory/link.md:1:1: this link leaves the cards folder; put the file itself here [outside]",
        ),
        (
            "picture",
            "big.png:1:1: the picture is larger than 1000 kB; make it smaller [image-size]",
        ),
        ("taxonomy", "cards/taxonomy.yaml:1:1: this file is missing; it holds the areas"),
    ],
)
def test_a_spoilt_folder(spoil: str, expected: str, mini: Path, tmp_path: Path) -> None:
    """What is wrong with the folder itself is said with a place as well."""
    auc = mini / "ml-coding" / "auc.md"
    match spoil:
        case "twin":
            shutil.copy(auc, mini / "ml-theory" / "auc.md")
        case "case":
            shutil.copy(auc, mini / "ml-theory" / "AUC.md")
        case "area":
            (mini / "ml-theorie").mkdir()
            shutil.copy(auc, mini / "ml-theorie" / "x.md")
        case "deep":
            (mini / "ml-theory" / "deep").mkdir()
            shutil.copy(auc, mini / "ml-theory" / "deep" / "x.md")
        case "link":
            (tmp_path / "secret.md").write_text("secret", "utf-8")
            (mini / "ml-theory" / "link.md").symlink_to(tmp_path / "secret.md")
        case "picture":
            (mini / "ml-theory" / "big.png").write_bytes(bytes(1_000_001))
        case "taxonomy":
            (mini / "taxonomy.yaml").unlink()
    result = mlcards("build")
    assert result.exit_code == 1
    assert expected in result.output
    assert "Traceback" not in result.output


def test_a_folder_that_is_none(mini: Path) -> None:
    """A path that does not exist is said so by each command."""
    expected = "nowhere:1:1: there is no such folder; name that of the answers, or start one: `mlcards init` [folder]"
    assert expected in mlcards("build", "nowhere").output
    assert "there is no file or folder nowhere" in mlcards("check", "nowhere").output
    assert "is in no cards folder" in mlcards("check", "/").output


def test_paths_from_another_folder(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` works inside the cards folder, and refuses paths of two libraries."""
    shutil.copytree(mini, "other")
    monkeypatch.chdir(mini / "ml-coding")
    result = mlcards("check", "auc.md")
    assert result.exit_code == 0
    assert "1 answer, 2 notes" in result.output
    result = mlcards("check", "auc.md", "../../other/ml-coding/auc.md")
    assert result.exit_code == 2
    assert "is not in" in result.output


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["preview", "--port", "99999"], "99999 is not in the range"),
        (["new", "ml-theory", "What?", "--id", "a" * 81], "at most 80 characters"),
        (["new", "nowhere", "What?"], "`nowhere` is no area; the areas are ml-coding"),
        (["diff", "cards/taxonomy.yaml"], "is no package that mlcards wrote"),
        (["diff", "fake.apkg"], "is damaged"),
        (["diff", "anki.apkg"], "is no package that mlcards wrote: Anki exported it"),
        (["diff", "empty"], "there are no answers"),
        (["build", "--tag", ","], "a tag is empty; write one"),
        (["build", "--exclude-tag", ""], "a tag is empty; write one"),
    ],
)
def test_wrong_use_is_said_so(words: list[str], expected: str, mini: Path) -> None:
    """Wrong use ends with exit code 2 and a sentence."""
    mlcards("build")
    shutil.copytree(mini, "empty", ignore=shutil.ignore_patterns("*.md"))
    with zipfile.ZipFile("fake.apkg", "w") as archive:
        archive.writestr("collection.anki2", "no database")
    with zipfile.ZipFile("anki.apkg", "w") as archive:
        archive.writestr("collection.anki2", "")
        archive.writestr("collection.anki21b", "")
    result = mlcards(*words)
    assert result.exit_code == 2
    assert expected in result.output


def test_a_folder_in_a_bad_state(mini: Path) -> None:
    """A pipe among the answers, broken lists in every form of report: no hang, no traceback."""
    os.mkfifo(mini / "ml-theory" / "pipe.md")
    assert "pipe.md:1:1: the file cannot be read" in mlcards("check").output
    (mini / "library.yaml").write_text("deck: A::B\n", "utf-8")
    Path("empty").mkdir()
    assert "empty/taxonomy.yaml:1:1: " in mlcards("build", "empty").output
    output = mlcards("check", "--format", "github").stdout
    assert "::error file=cards/library.yaml,line=1,col=1,title=catalog::the root deck" in output
    assert "aliases: [FB]" not in output


def test_version_and_help() -> None:
    """--version names the version; help shows examples."""
    assert mlcards("--version").output.startswith("mlcards ")
    assert "mlcards build --tag amazon" in mlcards("build", "--help").output


def test_progress_shows_on_a_terminal_after_a_moment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar appears when the work takes longer than half a second, and only on a terminal."""
    monkeypatch.setattr("time.monotonic", itertools.count().__next__)
    assert len(list(words.progress([None] * 5))) == 5  # type: ignore[list-item]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert len(list(words.progress([None] * 5))) == 5  # type: ignore[list-item]
    assert "Rendering" in capsys.readouterr().err
