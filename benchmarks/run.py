"""Measure mlcards side by side with what else one could use: python benchmarks/run.py --help.

Each job is a whole cold process, run several times in turn with the others. Reported are medians
of the wall-clock and processor time in seconds, the peak memory of all its processes in MB
(proportional set size, sampled), and the size of what it wrote in MB. The page cache is warm.

100,000 answers, once on two cores: 23 minutes from nothing, 7 to write all packages again, 2.9
seconds when nothing changed; 2.3 GB of memory, 1.1 GB of cache, and a deck of 1.3 GB.
"""

from __future__ import annotations

import argparse
import marshal
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from libraries import make
from preview import save_to_card

from mlcards.compile.folder import compile_cards

HERE = Path(__file__).parent
CARDS = HERE.parent / "cards"
MLCARDS = str(Path(sys.executable).with_name("mlcards"))
# The versions that answered to `pip install` on 2026-11-28; mdankideck needs an older click.
OTHERS = {
    "markdown-anki-decks": ["markdown-anki-decks==1.1.1", "click<8.2", "pygments"],
    "ankdown": ["ankdown==0.7.1", "setuptools<81"],
}


@dataclass(slots=True)
class Job:
    """A command to measure in a folder, and how to get ready for it each time."""

    name: str
    command: list[str]
    folder: Path
    prepare: Callable[[], object] = lambda: None
    output: str = ""
    """What it writes, below the folder."""
    runs: list[tuple[float, float, float]] = field(default_factory=list)
    size: float = 0.0

    def run(self) -> None:
        """Run it once more."""
        self.prepare()
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        with tempfile.TemporaryFile() as errors:
            start = time.perf_counter()
            process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
            peak: list[float] = [0.0]
            watch = threading.Thread(target=_watch, args=(process.pid, peak))
            watch.start()
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - start
            watch.join()
            errors.seek(0)
            assert status == 0, f"{self.name}: {errors.read().decode()}"
            process.returncode = status
        self.runs.append((wall, used.ru_utime + used.ru_stime, peak[0]))
        if self.output:
            written = [self.folder / self.output, *(self.folder / self.output).rglob("*.apkg")]
            self.size = sum(file.stat().st_size for file in written if file.is_file()) / 1e6

    def median(self, what: int = 0) -> float:
        """Return the median wall time (0), processor time (1) or peak memory (2)."""
        return statistics.median(run[what] for run in self.runs)


def _watch(pid: int, peak: list[float]) -> None:
    """Keep the highest sum of the memory of a process and its children, in MB."""
    while True:
        total = 0.0
        try:
            process = psutil.Process(pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return
            for one in (process, *process.children(recursive=True)):
                try:
                    total += one.memory_full_info().pss / 1e6
                except (psutil.NoSuchProcess, psutil.AccessDenied, ProcessLookupError):
                    continue
        except psutil.NoSuchProcess:
            return
        peak[0] = max(peak[0], total)
        time.sleep(0.02)


class Library:
    """A library of so many answers, and the jobs on it."""

    def __init__(self, folder: Path, answers: int) -> None:
        self.folder = folder
        self.answers = answers
        make(CARDS, folder / "cards", answers)
        self.changed = max((folder / "cards").glob("*/*.md"))
        self.edits = 0

    def jobs(self, tools: dict[str, Path]) -> list[Job]:
        """Return the jobs, the quick ones first; beyond 10,000 answers only those of mlcards."""
        jobs = [
            self.job("build, nothing changed", [MLCARDS, "build"], self.settle, "build"),
            self.job("build, one answer changed", [MLCARDS, "build"], self.edit, "build"),
            self.job("cold build", [MLCARDS, "build"], self.clear, "build"),
        ]
        if self.answers <= 10_000:
            self.take_notes()
            for name, source in (("yardstick", "cards"), ("floor", "notes")):
                command = [sys.executable, str(HERE / f"{name}.py"), source, f"{name}.apkg"]
                jobs.append(self.job(name, command, output=f"{name}.apkg"))
        if self.answers <= 130:
            check = self.job("check, nothing changed", [MLCARDS, "check"], self.settle_check)
            jobs.insert(0, check)
            jobs += [self.other(tool, programs) for tool, programs in tools.items()]
        return jobs

    def job(
        self,
        name: str,
        command: list[str],
        prepare: Callable[[], object] = lambda: None,
        output: str = "",
    ) -> Job:
        """Return a job on this library."""
        return Job(f"{name}, {self.answers:,}", command, self.folder, prepare, output)

    def other(self, tool: str, programs: Path) -> Job:
        """Return the job of another tool on the same answers in its syntax."""
        texts = {
            area.name: [file.read_text("utf-8") for file in sorted(area.glob("*.md"))]
            for area in sorted((self.folder / "cards").iterdir())
            if area.is_dir()
        }
        source = self.folder / tool
        source.mkdir()
        for area, answers in texts.items():
            if tool == "ankdown":
                text = "\n---\n".join(_for_ankdown(answer) for answer in answers)
            else:
                text = f"# {area}\n\n" + "\n\n".join(map(_for_markdown_anki_decks, answers))
            (source / f"{area}.md").write_text(text, "utf-8")
        for picture in (self.folder / "cards").glob("*/*.svg"):
            shutil.copy(picture, source)
        output = f"{tool}-out"
        (self.folder / output).mkdir()
        if tool == "ankdown":
            program = [str(programs / "ankdown"), "-r", tool, "-p", f"{output}/ankdown.apkg"]
            return self.job(tool, [*program, "--highlight"], output=output)
        return self.job(tool, [str(programs / "mdankideck"), tool, output], output=output)

    def clear(self) -> None:
        """Take away all that was built and remembered."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)

    def settle(self, command: str = "build") -> None:
        """Run a command once nothing has changed for longer than the clock's grain."""
        time.sleep(2.5)
        subprocess.run([MLCARDS, command], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def settle_check(self) -> None:
        """Check once nothing has changed for longer than the clock's grain."""
        self.settle("check")

    def edit(self) -> None:
        """Change the question of one answer since the last build."""
        self.settle()
        self.edits += 1
        text = self.changed.read_text("utf-8")
        new = re.sub(r"^(# .*?)( \d+)?$", rf"\1 {self.edits}", text, count=1, flags=re.MULTILINE)
        self.changed.write_text(new, "utf-8")

    def take_notes(self) -> None:
        """Write the notes as mlcards renders them, for the floor."""
        with (self.folder / "notes").open("wb") as stream:
            compiled = compile_cards(self.folder / "cards")
            for note, fields in compiled.filled(compiled.notes):
                marshal.dump((note.kind, note.deck, note.key, list(fields), note.tags), stream)


def _for_markdown_anki_decks(answer: str) -> str:
    _, _, text = answer.split("---\n", 2)
    text = re.sub(r"^(#+) ", r"#\1 ", text.strip(), flags=re.MULTILINE)
    return re.sub(r"^(```\w*).*$", r"\1", text, flags=re.MULTILINE)


def _for_ankdown(answer: str) -> str:
    _, header, text = answer.split("---\n", 2)
    tags = re.findall(r"[\w-]+", re.findall(r"^tags: (.*)$", header, re.MULTILINE)[0])
    question, body = text.strip().split("\n", 1)
    body = re.sub(r"^(---|%)$", "", body, flags=re.MULTILINE)
    body = re.sub(r"^(```\w*).*$", r"\1", body, flags=re.MULTILINE)
    return f"{question}\n\n%\n\n{body}\n\n%\n\n{', '.join(tags)}\n"


def _install(folder: Path) -> dict[str, Path]:
    """Install the other tools, each in an environment of its own; return their programs."""
    tools = {}
    for tool, requirements in OTHERS.items():
        venv.create(folder / tool, with_pip=True)
        pip = [str(folder / tool / "bin" / "pip"), "install", "-q", *requirements]
        subprocess.run(pip, check=True)
        tools[tool] = folder / tool / "bin"
    return tools


def _table(jobs: list[Job]) -> str:
    lines = [
        "| job, answers | wall s | CPU s | peak MB | written MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for job in jobs:
        numbers = [f"{job.median():.3g}", f"{job.median(1):.3g}", f"{job.median(2):.0f}"]
        size = f"{job.size:.1f}" if job.size else ""
        lines.append(f"| {job.name} | {' | '.join(numbers)} | {size} |")
    return "\n".join(lines)


TARGETS = (
    ("`--help` / `import click`", "--help", "import click", 1.5),
    ("`--version` / `import click`", "--version", "import click", 1.5),
    ("nothing changed, 130 / `--help`", "build, nothing changed, 130", "--help", 2),
    ("same, 10,000 / yardstick 1,000", "build, nothing changed, 10,000", "yardstick, 1,000", 0.05),
    ("one changed, 130 / yardstick", "build, one answer changed, 130", "yardstick, 130", 0.5),
    ("one changed, 10,000 / floor", "build, one answer changed, 10,000", "floor, 10,000", 3),
    ("cold, 130 / yardstick", "cold build, 130", "yardstick, 130", 1.0),
    ("cold, 130 / markdown-anki-decks", "cold build, 130", "markdown-anki-decks, 130", 0.4),
    ("cold, 10,000 / yardstick", "cold build, 10,000", "yardstick, 10,000", 0.5),
    ("cold, 10,000 / 1,000", "cold build, 10,000", "cold build, 1,000", 10.5),
    ("check, nothing changed, 130 / `--help`", "check, nothing changed, 130", "--help", 3),
)  # fmt: skip


def _ratios(jobs: list[Job]) -> str:
    by_name = {job.name: job for job in jobs}
    lines = ["| ratio of medians | measured | to reach |", "|---|---:|---:|"]
    for title, above, below, limit in TARGETS:
        if above in by_name and below in by_name:
            ratio = by_name[above].median() / by_name[below].median()
            lines.append(f"| {title} | {ratio:.3g} | {limit} |")
    return "\n".join(lines)


def main() -> None:
    """Make the libraries, run the jobs in turn and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, nargs="+", default=[130, 1000, 10_000])
    parser.add_argument("--runs", type=int, default=6, help="a third beyond 130 answers")
    parser.add_argument("--without-others", action="store_true", help="leave other tools out")
    options = parser.parse_args()
    start = [Job("import click", [sys.executable, "-c", "import click"], HERE)]
    start += [Job(word, [MLCARDS, word], HERE) for word in ("--help", "--version")]
    done = list(start)
    previews = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tools = {} if options.without_others else _install(folder)
        for answers in options.answers:
            jobs = Library(folder / str(answers), answers).jobs(tools)
            done += jobs
            for _ in range(options.runs if answers <= 130 else max(1, options.runs // 3)):
                for job in [*start, *jobs]:
                    job.run()
                    print(f"{job.name}: {job.runs[-1][0]:.3f} s", file=sys.stderr)
            if answers <= 130:
                shown, typeset = save_to_card(MLCARDS, folder / str(answers), options.runs)
                previews.append(
                    f"Preview of {answers:,} answers, from saving a file: card after "
                    f"{1000 * shown:.0f} ms, all its formulas after {1000 * typeset:.0f} ms."
                )
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    print(f"Python {platform.python_version()}, {machine}\n\n{_table(done)}\n\n{_ratios(done)}\n")
    print("\n".join(previews))


if __name__ == "__main__":
    main()
