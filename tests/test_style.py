"""The code keeps its form, its types hold, and what the README says is what CI does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "command", [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"]], ids=" ".join
)
def test_tool(command: list[str]) -> None:
    """Ruff and mypy have nothing to say."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_the_command_of_the_readme() -> None:
    """`.ci/run` ends with exactly the README's test command."""
    commands = re.findall(r"```sh\n(python3 -m venv .*?)\n```", (ROOT / "README.md").read_text())
    assert len(commands) == 2
    assert (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1] == commands[1]
