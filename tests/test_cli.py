from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlcards.cli import main


def mlcards(*words: str) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def files(folder: Path) -> set[str]:
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()}


def test_build_writes_all_packages(mini: Path) -> None:
    """`mlcards build` writes everything, a package an area, a package a company."""
    result = mlcards("build")
    assert result.exit_code == 0
    assert "build/mini.apkg: 5 notes, 7 cards" in result.output
    assert result.output.endswith("6 packages with 5 notes and 7 cards\n")
    assert files(Path("build")) == {
        "mini.apkg",
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
    assert not Path("build").exists()


def test_errors_leave_the_last_packages(mini: Path) -> None:
    """With a broken answer all problems show, exit is 1, and the last good packages stay."""
    mlcards("build")
    before = {name: Path("build", name).read_bytes() for name in files(Path("build"))}
    for file in mini.glob("*/*.md"):
        file.write_text(file.read_text("utf-8").replace("## Checklist", "## List"), "utf-8")
    result = mlcards("build")
    assert result.exit_code == 1
    assert "cards/ml-coding/auc.md:1:1: write a `## Checklist`" in result.output
    assert "cards/ml-theory/bias-variance.md:1:1: write a `## Checklist`" in result.output
    assert "2 problems in 2 files" in result.output
    assert {name: Path("build", name).read_bytes() for name in files(Path("build"))} == before


def test_check_writes_nothing(mini: Path) -> None:
    """`check` says what a build would say, and writes nothing."""
    result = mlcards("check")
    assert result.exit_code == 0
    assert result.output == "2 answers, 5 notes: no problems\n"
    assert not Path("build").exists()


def test_list(mini: Path) -> None:
    """`list` shows the chosen notes as a table or as JSON."""
    table = mlcards("list", "--tag", "amazon").output.splitlines()
    assert table[0].split() == [
        "auc/ties",
        "prompt",
        "What",
        "does",
        "a",
        "tied",
        "pair",
        "count",
        "in",
        "AUC?",
    ]
    assert table[-1] == "2 notes, 2 cards, from 1 answer"
    rows = json.loads(mlcards("list", "--json", "--tag", "cloze").output)
    assert rows[0]["key"] == "bias-variance/decomposition"
    assert rows[0]["cards"] == 3
    assert "company::meta" in rows[0]["tags"]


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        ("folder", "nowhere:1:1: there is no such folder"),
        ("twin", "cards/ml-theory/auc.md:1:1: `cards/ml-coding/auc.md` has this id already"),
        ("case", "cards/ml-theory/AUC.md:1:1: `cards/ml-coding/auc.md` has this id already"),
        (
            "area",
            "cards/ml-theorie/x.md:1:1: the folder `ml-theorie` is no area; did you mean ml-theory",
        ),
        ("deep", "cards/ml-theory/deep/x.md:1:1: answers lie in `cards/<area>/`"),
        ("link", "cards/ml-theory/link.md:1:1: this link leaves the cards folder"),
        ("picture", "cards/ml-theory/big.png:1:1: the picture is larger than 1000 kB"),
        ("taxonomy", "cards/taxonomy.yaml:1:1: the file cannot be read"),
    ],
)
def test_a_spoilt_folder(spoil: str, expected: str, mini: Path, tmp_path: Path) -> None:
    """What is wrong with the folder itself is said with a place as well."""
    auc = mini / "ml-coding" / "auc.md"
    folder = "cards"
    match spoil:
        case "folder":
            folder = "nowhere"
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
    result = mlcards("check", folder)
    assert result.exit_code == 1
    assert expected in result.output
    assert "Traceback" not in result.output


def test_version_and_help() -> None:
    """--version names the version; help shows examples."""
    assert mlcards("--version").output.startswith("mlcards ")
    assert "mlcards build --tag amazon" in mlcards("build", "--help").output
