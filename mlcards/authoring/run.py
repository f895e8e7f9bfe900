"""Run the Python of answers, each in a clean process with warnings as errors."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcards.library import Answer
from mlcards.markdown import CodeBlock, code_blocks, fingerprint, outputs
from mlcards.state import installed, place, seal
from mlcards.text import Diagnostic

TIME_LIMIT = 60.0
"""Seconds that one answer's code may take."""

_LAST_WORDS = 10_000
_RUNNER = Path(__file__).with_name("runner.py")
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one answer's code."""

    answer: Answer
    problem: Diagnostic | None
    figures: dict[str, str]
    """The SVG of each figure by file name."""


def tested(cards: Path) -> Path:
    """Return the folder that remembers what passed of the answers in a cards folder."""
    return place(cards) / ".tested"


def run_all(answers: Iterable[Answer], cache: Path | None = None) -> Iterator[Run]:
    """Run the code of each answer that has some, several at a time, in the order given.

    ``cache`` is a folder that remembers what passed, so that it need not run again.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda answer: _remembered(answer, cache), answers)


def run(answer: Answer) -> Run:
    """Run the Python blocks of one answer in order, then those that draw figures."""
    blocks = blocks_of(answer)
    if not any(block.language == "python" for block in blocks):
        return Run(answer, None, {})
    path = answer.start.path
    pieces = list(_job(blocks))
    word = secrets.token_hex(16)
    job = {"path": path, "fingerprint": fingerprint(blocks), "blocks": pieces, "word": word}
    inherited = {name: word for name, word in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**inherited, "PYTHONHASHSEED": "0", **dict.fromkeys(_THREADS, "1")}
    try:
        code, report, said = _watched(json.dumps(job).encode(), environment)
    except OSError as error:
        message = f"the code cannot be run: {error.strerror}"
        return Run(answer, answer.start.problem("run", message), {})
    if code is None:
        message = f"the code takes longer than {TIME_LIMIT:.0f} s; make it smaller"
        return Run(answer, answer.start.problem("run", message), {})
    mark, _, text = report.partition(b"\n")
    result = None
    if mark == word.encode():
        with suppress(ValueError):  # there was no room for all of it
            result = json.loads(text)
    if not result or (result["ran"] != len(pieces) and not result["problem"]):
        lines = said.decode("utf-8", "replace").strip().splitlines()
        reason = (lines or [f"exit code {code}"])[-1]
        message = f"the code ended its process: {reason}"
        return Run(answer, answer.start.problem("run", message), {})
    if problem := result["problem"]:
        found = Diagnostic(path, problem["line"], 1, problem["code"], problem["message"])
        return Run(answer, found, {})
    return Run(answer, None, result["figures"])


def _watched(job: bytes, environment: Mapping[str, str]) -> tuple[int | None, bytes, bytes]:
    """Run a job in its own process; return its exit code, its report and the end of its words.

    The exit code is None where the time was not enough. Raise OSError.
    """
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryFile() as report,
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [sys.executable, "-s", "-P", "-X", "utf8", "-W", "error", str(_RUNNER)],
            stdin=subprocess.PIPE,
            stdout=report,
            stderr=said,
            cwd=folder,
            env=environment,
        ) as process,
    ):
        assert process.stdin
        code = None
        try:
            with suppress(BrokenPipeError):  # it has ended; its exit code says more
                process.stdin.write(job + b"\n")
                process.stdin.flush()
            with suppress(subprocess.TimeoutExpired):
                code = process.wait(TIME_LIMIT)
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()  # tells it to end whatever still runs
            process.wait()
        report.seek(0)
        said.seek(max(0, said.seek(0, os.SEEK_END) - _LAST_WORDS))
        return code, report.read(), said.read()


def blocks_of(answer: Answer) -> tuple[CodeBlock, ...]:
    """Return all code of an answer in the order of the file."""
    return tuple(block for body in answer.bodies for block in code_blocks(body))


def _job(blocks: tuple[CodeBlock, ...]) -> Iterator[dict[str, Any]]:
    printed = {source: output for output, source in outputs(blocks)}
    runs = [block for block in blocks if block.language == "python" and block.mode != "no-run"]
    for block in sorted(runs, key=lambda block: bool(block.figure)):
        output = printed.get(block)
        yield {
            "code": block.code.text,
            "line": block.code.line,
            "figure": block.figure,
            "output": output.code.text if output else None,
            "output_line": output.code.line if output else None,
        }


def _remembered(answer: Answer, cache: Path | None) -> Run:
    if cache is None:
        return run(answer)
    with suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
    if not cache.is_dir():
        return run(answer)
    passed = cache / f"{answer.id}-{_key(answer, seal(cache))}"
    if passed.exists():
        return Run(answer, None, {})
    result = run(answer)
    if result.problem is None:
        with suppress(OSError):  # run again next time
            for old in cache.glob(f"{answer.id}-{'[0-9a-f]' * 16}"):
                old.unlink(missing_ok=True)
            passed.touch()
    return result


def _key(answer: Answer, place: bytes) -> str:
    """Return a hash of all that determines whether the code of an answer passes.

    ``place`` is where that is remembered: no clone brings it along.
    """
    parts = [place.decode(), sys.version, _RUNNER.read_text("utf-8"), *installed()]
    parts += [f"{b.language} {b.mode}\n{b.code.text}" for b in blocks_of(answer)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
