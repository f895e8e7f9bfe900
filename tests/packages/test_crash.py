"""A build that dies, or cannot write, leaves whole packages and nothing else."""

from __future__ import annotations

import random
import resource
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

BUILD = [sys.executable, "-m", "mlcards", "build"]


def whole(folder: Path) -> set[str]:
    """Check that every package is whole; return the names of all files."""
    for file in folder.rglob("[!.]*.apkg"):
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    return {name for name in found if not name.startswith(".cache/")}


@pytest.fixture
def packages(mini: Path) -> dict[str, bytes]:
    """Build once; return the packages as they were then."""
    subprocess.run(BUILD, check=True, capture_output=True)
    return {str(f.relative_to("build")): f.read_bytes() for f in Path("build").rglob("*.apkg")}


def test_killed_at_any_moment(packages: dict[str, bytes]) -> None:
    """Killed at random moments, a build leaves whole packages; the next one clears the rest."""
    start = time.monotonic()
    subprocess.run(BUILD, check=True, capture_output=True)
    duration = time.monotonic() - start
    chance = random.Random(0)  # noqa: S311 - not for secrets
    answer = Path("cards/ml-coding/auc.md")
    for i in range(25):
        answer.write_text(answer.read_text("utf-8").replace("What does", f"{i} What does"), "utf-8")
        process = subprocess.Popen(BUILD, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(duration * 0.5, duration))
        process.kill()
        process.wait()
        assert packages.keys() <= whole(Path("build"))
    subprocess.run(BUILD, check=True, capture_output=True)
    assert whole(Path("build")) == packages.keys()


def test_killed_between_writing_and_renaming(packages: dict[str, bytes], tmp_path: Path) -> None:
    """A build that dies with a half-written file is cleared up by the next."""
    script = (
        "import os, signal, pathlib\n"
        "from mlcards.cli import main\n"
        "pathlib.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main(['build'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert whole(Path("build")) > packages.keys()
    assert {name: Path("build", name).read_bytes() for name in packages} == packages
    subprocess.run(BUILD, check=True, capture_output=True)
    assert whole(Path("build")) == packages.keys()


def test_no_space_left(packages: dict[str, bytes]) -> None:
    """Where a file cannot be written to its end, the old packages stay and the error is clear."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(BUILD, check=False, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 1
    assert "cannot be written: disk I/O error; what was there is unchanged" in done.stderr
    assert "Traceback" not in done.stderr
    assert {name: Path("build", name).read_bytes() for name in whole(Path("build"))} == packages


@pytest.mark.parametrize("output", ["taken", "/proc/mlcards"])
def test_a_folder_that_cannot_be_written(mini: Path, output: str) -> None:
    """A file in the way, or a place where nothing may be written, is a clear error."""
    Path("taken").write_text("mine", "utf-8")
    done = subprocess.run([*BUILD, "-o", output], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"Error: {output} cannot be written: " in done.stderr
    assert "Traceback" not in done.stderr


def test_two_builds_at_once(packages: dict[str, bytes]) -> None:
    """Builds that run at the same time wait for each other and leave the same packages."""
    running = [subprocess.Popen(BUILD, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [process.wait() for process in running] == [0, 0, 0, 0]
    assert {name: Path("build", name).read_bytes() for name in whole(Path("build"))} == packages
