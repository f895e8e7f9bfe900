"""Run an answer's Python blocks in this process; started by mlcards.run, needs no package.

Reads the blocks as JSON from standard input and writes the problems found as JSON to standard
output. Code is compiled under the Markdown file's name with the file's own line numbers.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
import types
from typing import Any

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
    result = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a block's own processes print goes elsewhere
    job = json.load(sys.stdin)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    figures: dict[str, str] = {}
    problem = None
    for block in job["blocks"]:
        printed = io.StringIO()
        try:
            if block["figure"]:
                _prepare_figure()
            with contextlib.redirect_stdout(printed):
                source = "\n" * (block["line"] - 1) + block["code"]
                exec(compile(source, job["path"], "exec", dont_inherit=True), module.__dict__)
            if block["figure"]:
                figures[block["figure"]] = _figure(job["fingerprint"])
        except BaseException as error:
            problem = _problem(error, job["path"], block["line"])
            break
        if block["output"] is not None:
            wanted, got = block["output"].rstrip(), printed.getvalue().rstrip()
            if wanted != got:
                message = f"the block above printed something else:\n{got}"
                problem = {"line": block["output_line"], "code": "output", "message": message}
                break
    with result:
        json.dump({"problem": problem, "figures": figures}, result)


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
