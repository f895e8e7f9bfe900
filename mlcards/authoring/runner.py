"""Run an answer's Python blocks in a process of their own; started by mlcards.run.

Reads the blocks as a line of JSON from standard input, and writes what was found as JSON to
standard output, below the word that shows that it was not the blocks that wrote there. Code is
compiled under the Markdown file's name with the file's own line numbers.

This process only watches: the blocks run in a child. When they are done, or standard input is
closed, or a signal comes, it ends all that they have started. Needs no package.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = 4_000_000_000
FILE_SIZE = 64_000_000
PRINTED = 1_000_000
"""Bytes that a process of the blocks may use and write to one file, and characters it may print."""

# Dark ink on nothing, sized for a phone: card.css turns drawings light by night.
_STYLE: dict[Any, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.use": True,
    "figure.figsize": (4.8, 3.2),
    "font.size": 12,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "mlcards",
}
_COLORS = ["#0b5cad", "#c04a00", "#00795b", "#8a3a8f"]


def main() -> None:
    """Run all blocks; stop at the first that fails."""
    job = json.loads(sys.stdin.buffer.readline())
    if not hasattr(os, "fork"):  # Windows
        _run(job)
    _adopt_orphans()
    watcher = os.getpid()
    child = os.fork()
    if not child:
        _bound(watcher)
        _run(job)
    sys.exit(_watch(child))


def _run(job: dict[str, Any]) -> None:
    """Run the blocks, report, and end this process."""
    # Taken now, so that nothing that the blocks replace changes what is reported of them.
    compiled, execute, encode, leave = compile, exec, json.JSONEncoder().encode, os._exit
    report = _reporter(job["word"])
    with open(os.devnull) as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)  # what a block's own processes print goes elsewhere
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    figures: dict[str, str] = {}
    problem = None
    ran = 0
    output = sys.stdout
    for block in tuple(job["blocks"]):
        printed = _Printed()
        try:
            if block["figure"]:
                _prepare_figure()
            sys.stdout = printed
            source = "\n" * (block["line"] - 1) + block["code"]
            execute(compiled(source, job["path"], "exec", dont_inherit=True), module.__dict__)
            if block["figure"]:
                figures[block["figure"]] = _figure(job["fingerprint"])
        except BaseException as error:
            problem = _problem(error, job["path"], block["line"])
            break
        finally:
            sys.stdout = output
        ran += 1
        if block["output"] is not None:
            wanted, got = block["output"].rstrip(), printed.getvalue().rstrip()
            if wanted != got:
                message = f"the block above printed something else:\n{got}"
                problem = {"line": block["output_line"], "code": "output", "message": message}
                break
    report(encode({"problem": problem, "figures": figures, "ran": ran}).encode())
    leave(0)


def _reporter(word: str) -> Callable[[bytes], None]:
    """Return what writes the report, in place of whatever else was written there."""
    result = os.dup(1)
    truncate, seek, write = os.ftruncate, os.lseek, os.write

    def report(text: bytes) -> None:
        truncate(result, 0)
        seek(result, 0, os.SEEK_SET)
        left = word.encode() + b"\n" + text
        while left:
            left = left[write(result, left) :]

    return report


class _Printed(io.StringIO):
    def write(self, text: str) -> int:
        if self.tell() + len(text) > PRINTED:
            raise OverflowError(f"the block prints more than {PRINTED} characters")
        return super().write(text)


def _bound(watcher: int) -> None:
    """Put this process in a session of its own, with bounds, and let it end with its watcher."""
    import resource

    os.setsid()
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != watcher:
        os._exit(1)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # bounded more narrowly already
            resource.setrlimit(what, (most, most))


def _watch(child: int) -> int:
    """Wait for the blocks to end; return their exit code, with nothing of them left."""

    def parent() -> None:
        while os.read(0, 1):
            pass
        _end_all(child)
        os._exit(1)

    def stopped(number: int, frame: object) -> None:
        _end_all(child)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    threading.Thread(target=parent, daemon=True).start()
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:  # the other thread is ending all
        code = 1
    _end_all(child)
    return code if code >= 0 else 128 - code


def _end_all(child: int) -> None:
    """End the session of the blocks and every process that left it."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            for number in _children():
                with contextlib.suppress(OSError):
                    os.kill(number, signal.SIGKILL)
            os.waitpid(-1, 0)


def _children() -> list[int]:
    """Return the processes that this one started or adopted; none where there is no /proc."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = status.read_bytes().rpartition(b")")[2].split()[1]
            if int(parent) == os.getpid():
                found.append(int(status.parent.name))
    return found


_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _adopt_orphans() -> None:
    """Become the parent of processes below this one that lose theirs."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def _problem(error: BaseException, path: str, line: int) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno)
    said = [line.strip() for line in str(error).split("\n") if line.strip()]
    reason = ": ".join([type(error).__name__, *said[:1]])
    if isinstance(error, ModuleNotFoundError):
        reason += "; install what answers may import: `pip install --group cards`"
    return {"line": (lines or [line])[-1], "code": "run", "message": f"the code failed: {reason}"}


def _prepare_figure() -> None:
    import matplotlib as mpl
    from cycler import cycler
    from matplotlib import pyplot as plt

    mpl.use("svg")
    plt.close("all")
    plt.rcParams.update({**_STYLE, "axes.prop_cycle": cycler(color=_COLORS)})


def _figure(fingerprint: str) -> str:
    from matplotlib import pyplot as plt

    if not plt.get_fignums() or not plt.gcf().axes:
        raise ValueError("the block drew no matplotlib figure")
    stream = io.StringIO()
    plt.savefig(
        stream, format="svg", metadata={"Date": None, "Creator": None, "Identifier": fingerprint}
    )
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


if __name__ == "__main__":
    main()
