"""Commands as processes: whatever becomes of their output, folder, disk or parent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

MLCARDS = [sys.executable, "-m", "mlcards"]
ANSWER = Path("cards/ml-theory/bias-variance.md")


def run(*words: str, folder: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with more environment; it never ends with a traceback."""
    done = subprocess.run(
        [*MLCARDS, *words],
        cwd=folder,
        env={**os.environ, **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the shell in which `mlcards` stands for the command."""
    command = f'mlcards() {{ {sys.executable} -m mlcards "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8", check=False
    )


def packages(folder: str = "build") -> set[str]:
    return {file.relative_to(folder).as_posix() for file in Path(folder).rglob("*.apkg")}


@pytest.mark.parametrize("reader", ["head -1", "true", "head -c1"])
def test_a_pipe_that_is_closed_early(mini: Path, reader: str) -> None:
    """All packages are written though nobody reads their names, without a word of complaint."""
    for _ in range(3):
        done = shell(f"mlcards build | {reader}; echo ${{PIPESTATUS[0]}} >&2")
        assert done.stderr == "0\n"
        assert len(packages()) == 7
        shutil.rmtree("build")


@pytest.mark.parametrize("command", ["build", "check", "list --json", "--help", "check --rules"])
@pytest.mark.parametrize(
    ("stream", "reason"), [(">/dev/full", "No space left"), (">&-", "Bad file descriptor")]
)
def test_output_that_cannot_be_written(mini: Path, command: str, stream: str, reason: str) -> None:
    """A full disk or a closed stream is said in one sentence; what there is to do is done."""
    done = shell(f"mlcards {command} {stream}")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: the output could not be written: {reason}")
    assert command != "build" or len(packages()) == 7


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", ">&- 2>&- <&-", ">/dev/full 2>&1"])
def test_nowhere_to_complain(mini: Path, streams: str) -> None:
    """Without a standard error the command still does its work, and no file is written over."""
    done = shell(f"mlcards build {streams}")
    assert done.returncode == (1 if ">&- 2" in streams or ">/dev/full 2" in streams else 0)
    assert len(packages()) == 7
    assert run("build").returncode == 0


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1:strict"])
def test_output_is_utf_8(mini: Path, encoding: str) -> None:
    """Titles are shown as they are written, whatever the terminal is said to understand."""
    done = run("list", PYTHONIOENCODING=encoding, LC_ALL="C", PYTHONUTF8="0")
    assert "What is the bias–variance trade-off?" in done.stdout


def litter() -> set[str]:
    found = {file.as_posix() for file in Path().rglob("*") if ".cache" in file.parts}
    return {Path(file).parts[0] for file in found} | {
        file.as_posix() for file in Path("cards").rglob("*") if "build" in file.parts
    }


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("cards/ml-theory", ["check", "bias-variance.md"]),
        ("cards/ml-theory", ["check"]),
        ("cards/ml-theory", ["test", "bias-variance.md"]),
        ("cards", ["build", "."]),
        ("cards", ["list", "."]),
        ("cards", ["build", ".", "-o", "../out"]),
        ("elsewhere", ["check", "../cards"]),
        ("elsewhere", ["build", "../cards", "-o", "../out"]),
        ("elsewhere", ["build"]),
        ("elsewhere", ["test"]),
    ],
)
def test_no_litter_where_one_stands(mini: Path, folder: str, words: list[str]) -> None:
    """What is kept lies beside the cards, never in them nor where a command happens to run."""
    Path("elsewhere").mkdir()
    run(*words, folder=Path(folder))
    assert litter() <= {"build", "out"}
    assert list(Path("elsewhere").iterdir()) == []


def test_packages_do_not_lie_among_the_answers(mini: Path) -> None:
    """A build into the cards folder is refused with the way out."""
    done = run("build", ".", folder=mini)
    assert done.returncode == 1
    assert "build is in the cards folder, where only answers belong; name another" in done.stderr


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """Return a small disk."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(mini: Path, full: Path) -> None:
    """Where not all packages have room, none is written, and what was there stays."""
    (full / "mine").write_bytes(bytes(20_000))
    done = run("build", "-o", str(full))
    assert done.returncode == 1
    assert "cannot be written: " in done.stderr
    assert "what was there is unchanged" in done.stderr
    assert [file.name for file in full.rglob("*") if file.is_file()] == ["mine"]


def test_a_full_temporary_folder(mini: Path, full: Path) -> None:
    """`diff` says that the temporary folder is full."""
    run("build")
    (full / "mine").write_bytes(bytes(65_536 - 3 * 4096))
    done = run("diff", "cards", TMPDIR=str(full))
    assert done.returncode == 1
    assert f"{full} cannot be written: " in done.stderr


def test_a_read_only_library(mini: Path, tmp_path: Path) -> None:
    """Where nothing can be kept beside the cards, it is kept in the user's own cache."""
    library = tmp_path / "library"
    library.mkdir()
    shutil.copytree(mini, library / "cards")
    if subprocess.run(
        ["mount", "--bind", str(library), str(library)], check=False, capture_output=True
    ).returncode:
        pytest.skip("mounting needs root")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(library)], check=True)
        assert run("check", "library/cards").returncode == 0
        assert run("build", "library/cards", "-o", "out").returncode == 0
    finally:
        subprocess.run(["umount", str(library)], check=True)
    assert [path.name for path in (library).iterdir()] == ["cards"]
    assert list(Path("own-cache/mlcards").glob("*/.cache/answers.db"))


def many(number: int = 400) -> None:
    """Add answers enough for several workers."""
    text = ANSWER.read_text("utf-8")
    for i in range(number):
        ANSWER.with_name(f"more-{i}.md").write_text(text, "utf-8")


def below(parent: int) -> set[int]:
    """Return the processes that another has started."""
    found: set[int] = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            above = int(file.read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        if above == parent:
            number = int(file.parent.name)
            found |= {number} | below(number)
    return found


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor needs no workers")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_workers_end_with_their_parent(mini: Path, number: int) -> None:
    """However a build is ended, none of its processes stays."""
    many(1000)
    process = subprocess.Popen([*MLCARDS, "list"], stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while len(workers := below(process.pid)) < 3:
        assert process.poll() is None
        assert time.monotonic() < end
    process.send_signal(number)
    process.wait(30)
    end = time.monotonic() + 20
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one processor needs no workers")
def test_a_killed_worker(mini: Path) -> None:
    """The work of a worker that something killed is done all the same."""
    many(1000)
    process = subprocess.Popen([*MLCARDS, "list"], stdout=subprocess.PIPE)
    killed = False
    while process.poll() is None and not killed:
        for worker in below(process.pid):
            command = Path(f"/proc/{worker}/cmdline").read_bytes()
            if b"spawn_main" in command:
                os.kill(worker, signal.SIGKILL)
                killed = True
                break
    output, _ = process.communicate()
    assert killed
    assert process.returncode == 0
    assert b"3005 notes, 5007 cards, from 1002 answers" in output


def test_another_command_at_work_is_said_so(mini: Path) -> None:
    """A command that has to wait for another says what it waits for."""
    script = (
        "import time; from pathlib import Path; from mlcards.state import cache\n"
        "with cache.opened(Path('cards')): print('held', flush=True); time.sleep(2)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    done = run("check")
    assert done.returncode == 0
    assert done.stderr.startswith("another mlcards command is at work here; waiting for it to end")
    holder.communicate()


def test_an_answer_that_changes_during_a_build(mini: Path) -> None:
    """A build whose cards changed meanwhile says so, and is not remembered as up to date."""
    script = (
        "import mlcards.packages.apkg as apkg, pathlib\n"
        "real = apkg.write\n"
        "def write(*words):\n"
        f"    print(file=pathlib.Path({str(ANSWER)!r}).open('a'))\n"
        "    real(*words)\n"
        "apkg.write = write\n"
        "from mlcards.cli import main\n"
        "main(['build'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{ANSWER} changed while the packages were made of it; build again" in done.stderr
    assert run("build").returncode == 0


def test_a_picture_that_changes_during_a_build(mini: Path) -> None:
    """A picture is packed as it was checked, or not at all."""
    picture = ANSWER.with_name("bias-variance-curve.svg")
    script = (
        "import mlcards.packages.apkg as apkg, pathlib\n"
        "real = apkg.write\n"
        "def write(*words):\n"
        f"    pathlib.Path({str(picture)!r}).write_text('<svg></svg>')\n"
        "    real(*words)\n"
        "apkg.write = write\n"
        "from mlcards.cli import main\n"
        "main(['build'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{picture}:1:1: this file changed while it was read; run the command" in done.stderr
    assert packages() == set()
    assert [file for file in Path("build").rglob("*") if "unfinished" in file.name] == []


@pytest.mark.parametrize("word", ["1" * 5000, "٣٣", "1e9"])
def test_a_senseless_time(mini: Path, word: str) -> None:
    """SOURCE_DATE_EPOCH in other digits or thousands of them is refused with a sentence."""
    done = run("build", SOURCE_DATE_EPOCH=word)
    assert done.returncode == 1
    assert "is not a second between 1970 and now" in done.stderr
    assert len(done.stderr) < 200
