"""What lies in a folder and is not as it seems: it is read, reported or left alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlcards.cli import main
from mlcards.compile.folder import compile_cards
from mlcards.state.revision import revision

ANSWER = Path("cards/ml-theory/bias-variance.md")
PICTURE = ANSWER.with_name("bias-variance-curve.svg")


def mlcards(*words: str) -> Result:
    result = CliRunner().invoke(main, words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def problems() -> dict[str, str]:
    """Return what is wrong by file; one thing for each."""
    found = compile_cards(Path("cards")).problems
    assert len({one.path for one in found}) == len(found)
    return {one.path: str(one) for one in found}


UNREAD = [
    "x.markdown",
    "x.mdx",
    "x.mdown",
    "x.mkd",
    "x.md.txt",
    "x.md.bak",
    "x.MD.orig",
    "x.md.html",
    "x.md 2",
    "x.qmd",
    "x.txt",
    "x",
    "x.rst",
    "x.yaml",
    "x.md_",
]


@pytest.mark.parametrize("name", UNREAD)
@pytest.mark.parametrize("folder", ["", "ml-theory/"])
def test_a_file_that_looks_like_an_answer_is_read_or_reported(
    name: str, folder: str, mini: Path
) -> None:
    """Under any other name than `<area>/<id>.md` an answer is an error, and says its right name."""
    file = f"cards/{folder}{name}"
    shutil.copy(ANSWER, file)
    assert problems() == {
        file: f"{file}:1:1: this file is not read; name it `x.md`, or move it out of the cards "
        "folder [unread]"
    }
    result = mlcards("check", file)
    assert result.exit_code == 1
    assert "1 error" in result.output


@pytest.mark.parametrize("name", ["x.md", "README.MD2.md", "Style.md", "x.MD"])
def test_an_answer_beside_the_areas(name: str, mini: Path) -> None:
    """An answer in no area is an error that says where answers lie."""
    shutil.copy(ANSWER, f"cards/{name}")
    assert "answers lie in `cards/<area>/`: move the file there" in problems()[f"cards/{name}"]


def test_what_is_no_answer_may_lie_there(mini: Path) -> None:
    """Documents about the library, notes, data and what editors leave are not held for answers."""
    for name in ("STYLE.md", "LICENSE.md", "HOW_TO.md", "NOTES-2.md"):
        shutil.copy(ANSWER, mini / name)
    for name in ("x.md~", "#x.md#", ".x.md", ".#x.md", ".x.md.swp"):
        shutil.copy(ANSWER, mini / "ml-theory" / name)
    (mini / "ml-theory" / "plan.txt").write_text("Write about bias next.", "utf-8")
    (mini / "ml-theory" / "curve.drawio").write_bytes(bytes(range(256)))
    assert problems() == {}


@pytest.mark.parametrize("command", ["check", "test", "figures"])
@pytest.mark.parametrize("path", ["cards/taxonomy.yaml", str(PICTURE), "cards/empty", "cards/S.md"])
def test_a_named_path_that_is_no_answer(command: str, path: str, mini: Path) -> None:
    """It is wrong use, and never «0 errors», also beside one that is an answer."""
    (mini / "empty").mkdir()
    (mini / "S.md").write_text("Style", "utf-8")
    for paths in ([path], [str(ANSWER), path]):
        result = mlcards(command, *paths)
        assert result.exit_code == 2
        assert (
            f"{path} holds no answers" in result.output or f"{path} is no answer" in result.output
        )


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.png", b"text", "1:1: this is no picture of the kind .png; export it again"),
        ("a.png", b"", "1:1: this is no picture of the kind .png; export it again"),
        ("a.svg", b"<html></html>", "1:1: this is no picture of the kind .svg; export it again"),
        ("a.jpeg", b"\x89PNG\r\n\x1a\n..", "kind .jpg; it is one of .png: give it that name"),
        ("a.gif", b"<?xml version='1.0'?><svg/>", "kind .gif; export it again"),
        ("a.webp", b"version https://git-lfs.github.com/spec/v1", "kind .webp; export it"),
        ("a.png", bytes(1_000_001), "1:1: the picture is larger than 1000 kB; make it smaller"),
    ],
)
def test_a_picture_that_is_none(name: str, data: bytes, expected: str, mini: Path) -> None:
    """What is no picture of its kind or too large gets one sentence, also where it is shown."""
    (mini / "ml-theory" / name).write_bytes(data)
    text = ANSWER.read_text("utf-8").replace(PICTURE.name, name)
    ANSWER.write_text(text, "utf-8")
    ((path, message),) = problems().items()
    assert path == f"cards/ml-theory/{name}"
    assert expected in message
    assert message.endswith(("[image-kind]", "[image-size]"))
    assert mlcards("check").exit_code == 1


def test_pictures_of_all_kinds(mini: Path) -> None:
    """Real beginnings of pictures are taken, with what editors put before the `<svg`."""
    for name, data in {
        "a.png": b"\x89PNG\r\n\x1a\n...",
        "b.jpg": b"\xff\xd8\xff\xe0",
        "c.JPEG": b"\xff\xd8\xff\xe1",
        "d.gif": b"GIF89a..",
        "e.webp": b"RIFF\0\0\0\0WEBPVP8 ",
        "f.svg": b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- from a tool -->\n<svg\n width='1'/>",
    }.items():
        (mini / "ml-theory" / name).write_bytes(data)
    assert problems() == {}


SECRET = "a-secret-of-somebody-else"  # noqa: S105


@pytest.mark.parametrize(
    "name",
    [
        "taxonomy.yaml",
        "sources.yaml",
        "library.yaml",
        "released.txt",
        "ml-theory/x.md",
        "ml-theory/x.svg",
        "ml-theory/x.txt",
        "ml-theory/bias-variance-curve.svg",
        "ml-theory/folder",
    ],
)
def test_no_file_outside_is_read(name: str, mini: Path, tmp_path: Path) -> None:
    """A link that leaves the cards folder is an error, and nothing of its target is shown."""
    target = tmp_path / "outside"
    if name == "ml-theory/folder":
        target.mkdir()
        (target / "x.md").write_text(SECRET, "utf-8")
    else:
        target.write_text(f"{SECRET}\n<svg>{SECRET}</svg>\n## Checklist", "utf-8")
    file = mini / name
    file.unlink(missing_ok=True)
    file.symlink_to(target)
    for words in (["check"], ["build"], ["list"], ["check", "--format", "github"]):
        output = mlcards(*words).output
        assert SECRET not in output
        if name != "ml-theory/x.txt":
            assert f"{file}:1:1: this link leaves the cards folder" in output or (
                f"file={file},line=1" in output
            )
    from mlcards.notes.selection import Selection
    from mlcards.site.preview import Maker

    assert not any(SECRET.encode() in data for data in Maker(mini, Selection())().values())


def test_a_link_that_leads_nowhere_is_no_missing_file(mini: Path) -> None:
    """A record that cannot be found is not taken for none."""
    (mini / "released.txt").symlink_to("nowhere")
    assert "cards/released.txt:1:1: the file cannot be read" in mlcards("check").output


def git(*words: str, folder: Path = Path()) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def trap(mini: Path, tmp_path: Path) -> Path:
    """Return a program in a repository; nothing may ever run it."""
    git("init", "-q")
    program = tmp_path / "trap"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n", "utf-8")
    program.chmod(0o755)
    git("add", "cards")
    git("commit", "-qm", "One")
    return program


def sprung() -> bool:
    return Path("sprung").exists()


def plant(folder: Path, trap: Path) -> None:
    """Put a bare repository into a folder as a commit can bring it."""
    git("init", "-q", "--bare", "planted")
    shutil.copytree("planted", folder, dirs_exist_ok=True)
    shutil.rmtree("planted")
    for key, value in (("bare", "false"), ("worktree", str(Path.cwd())), ("fsmonitor", str(trap))):
        git("config", "-f", str(folder / "config"), f"core.{key}", value)


@pytest.mark.parametrize("folder", ["cards", "cards/ml-theory", "cards/ml-theory/deep"])
def test_a_planted_repository_runs_nothing(folder: str, trap: Path) -> None:
    """A repository that a clone brings inside the cards is refused, and its commands do not run."""
    Path(folder).mkdir(exist_ok=True)
    plant(Path(folder), trap)
    git("-C", folder, "status")
    assert sprung()
    Path("sprung").unlink()
    revision(Path("cards"))
    for words in (["check"], ["build"], ["list"], ["diff", "cards"], ["release", "1.0.0"]):
        result = mlcards(*words)
        assert result.exit_code == 1
        assert f"{folder}:1:1: a git repository inside the cards folder is not read" in (
            result.output
        )
        assert "[repository]" in result.output
    assert not sprung()


def test_a_repository_of_its_own_inside_the_cards(mini: Path) -> None:
    """A clone within the cards folder is refused as well."""
    git("init", "-q", folder=mini / "ml-theory")
    assert "cards/ml-theory:1:1: a git repository inside" in mlcards("build").output


@pytest.mark.parametrize("name", ["x", "x=y", "x.y"])
def test_git_runs_no_hook_filter_or_monitor(trap: Path, name: str) -> None:
    """Whatever the settings of the repository and its attributes say, nothing of theirs runs."""
    for key in ("core.fsmonitor", f"filter.{name}.clean", "filter.x.process", "gpg.program"):
        git("config", key, str(trap))
    git("config", "log.showSignature", "true")
    git("config", "core.hooksPath", str(trap.parent / "hooks"))
    Path("hooks").mkdir()
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(trap, Path("hooks") / hook)
    Path("cards/.gitattributes").write_text(f"* filter={name}\n", "utf-8")
    os.utime(ANSWER)
    assert revision(Path("cards")).changed
    assert mlcards("build").exit_code == 0
    assert not sprung()
    git("status")
    assert sprung()


def test_settings_of_the_environment_do_not_count(
    trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state is that of the clone around the cards, whatever GIT_DIR says."""
    before = revision(Path("cards"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap))
    assert revision(Path("cards")) == before
    assert not sprung()


def packages(folder: str) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in Path(folder).rglob("*.apkg")}


@pytest.mark.parametrize("folder", ["build", "out"])
def test_packages_that_are_no_longer_built_go(mini: Path, folder: str) -> None:
    """The package of a company without answers goes; files of others and selections stay."""
    mlcards("build", "-o", folder)
    mlcards("build", "-o", f"{folder}/tag", "--tag", "meta")
    others = {"mine.apkg", "company/friend.apkg", "area/notes.txt", "company/uber.apkg"}
    for name in others:
        Path(folder, name).write_text("mine", "utf-8")
    shutil.copy(f"{folder}/company/meta.apkg", f"{folder}/company/copy.apkg")
    text = ANSWER.read_text("utf-8").replace(", FB: https://example.org/report", "")
    assert text != ANSWER.read_text("utf-8")
    ANSWER.write_text(text, "utf-8")
    assert mlcards("build", "-o", folder).exit_code == 0
    kept = packages(folder)
    assert "company/meta.apkg" not in kept
    assert {name for name in others if name.endswith(".apkg")} <= kept
    assert {"company/copy.apkg", "tag/meta.apkg", "mini.apkg", "company/amazon.apkg"} <= kept
    assert Path(folder, "area/notes.txt").exists()


def test_a_package_that_somebody_replaced_stays(mini: Path) -> None:
    """A file under the name of an old package that we did not write is not ours to delete."""
    mlcards("build")
    package = Path("build/company/meta.apkg")
    data = package.read_bytes()
    package.unlink()
    package.write_bytes(data)
    ANSWER.unlink()
    mlcards("build")
    assert package.read_bytes() == data


def test_a_planted_list_of_files_deletes_nothing(mini: Path) -> None:
    """What a list beside the packages claims is believed of no file that we did not write."""
    mlcards("build")
    Path("precious").write_text("mine", "utf-8")
    status = Path("precious").stat()
    mark = f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
    Path("build/link").symlink_to("..")
    names = ["../precious", str(Path("precious").absolute()), "link/precious"]
    Path("build/.cache/packages-mini.json").write_text(
        "{" + ", ".join(f'"{name}": "{mark}"' for name in names) + "}"
    )
    ANSWER.unlink()
    mlcards("build")
    assert Path("precious").read_text("utf-8") == "mine"


def test_two_libraries_in_one_folder(mini: Path) -> None:
    """A build takes nothing away of another library's."""
    shutil.copytree("cards", "second")
    settings = Path("second/library.yaml")
    settings.write_text(settings.read_text("utf-8").replace("name: mini", "name: second"), "utf-8")
    mlcards("build", "cards", "-o", "out")
    mlcards("build", "second", "-o", "out")
    assert {"mini.apkg", "second.apkg"} <= packages("out")


@pytest.mark.parametrize("name", ["deck.apkg", "some/where/deck.APKG"])
def test_the_whole_deck_in_one_file(name: str, mini: Path) -> None:
    """-o with a file name and no selection writes everything there, and nothing else."""
    result = mlcards("build", "-o", name)
    assert result.exit_code == 0
    assert f"{name}: 5 notes, 7 cards\n1 package with" in result.output
    assert Path(name).is_file()
    mlcards("build")
    assert Path(name).read_bytes() == Path("build/mini.apkg").read_bytes()


def test_long_selections_have_short_names(mini: Path) -> None:
    """However many tags are named, the file's name fits, and differs by selection."""
    for last in ("meta", "mckinsey"):
        words = ["--tag", ",".join(["amazon", "medium"] * 60 + [last])]
        result = mlcards("build", *words, *["--exclude-tag", "kind::cloze,cloze"] * 30)
        assert result.exit_code == 0, result.output
    names = [file.name for file in Path("build/tag").iterdir()]
    assert len(names) == 2
    assert max(map(len, names)) < 110


def test_a_preview_writes_over_nothing_of_others(mini: Path) -> None:
    """A folder with other files is refused; one of a preview is renewed, and keeps what is added."""
    Path("site/cards").mkdir(parents=True)
    Path("site/cards/mine.js").write_text("mine", "utf-8")
    for folder in ("site", ".", "cards"):
        result = mlcards("preview", "--output", folder)
        assert result.exit_code == 1
        assert f"{folder} holds files that no preview wrote; name a new or empty" in result.output
    assert [file.name for file in Path("site").rglob("*")] == ["cards", "mine.js"]
    Path("empty").mkdir()
    assert mlcards("preview", "--output", "empty").exit_code == 0
    Path("empty/cards/mine.js").write_text("mine", "utf-8")
    assert mlcards("preview", "--output", "empty", "--tag", "amazon").exit_code == 0
    assert {file.name for file in Path("empty/cards").iterdir()} == {"auc.js", "mine.js"}
    Path("empty/cards/bias-variance.js").write_text("mine", "utf-8")
    result = mlcards("preview", "--output", "empty")
    assert result.exit_code == 1
    assert "empty/cards/bias-variance.js is no file of a preview" in result.output
    assert Path("empty/cards/bias-variance.js").read_text("utf-8") == "mine"


def test_a_name_that_is_no_text(mini: Path) -> None:
    """A file name that is not UTF-8, or holds what a terminal obeys, is shown as escapes."""
    Path(os.fsdecode(b"cards/ml-theory/w\xff.md")).write_text("x", "utf-8")
    Path("cards/ml-theory/\x1b[2J\n.md").write_text("x", "utf-8")
    for words in (["check"], ["check", "--format", "json"], ["check", "--format", "github"]):
        output = mlcards(*words).output
        assert "w\\udcff.md" in output
        assert "\x1b" not in output
    assert (
        "the name of this file is no UTF-8 text; rename it [unreadable]" in mlcards("build").output
    )
