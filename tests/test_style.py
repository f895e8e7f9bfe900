"""The code keeps its form, its types hold, and what the README says is what CI does."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def test_stages_import_downwards() -> None:
    """A stage imports only those below it, as pyproject.toml lists them."""
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_stages_show_one_face() -> None:
    """A stage imports another stage, not one of its files."""
    for file in (ROOT / "mlcards").rglob("*.py"):
        own = file.relative_to(ROOT).parts[1]
        for stage, inner in re.findall(r"from mlcards\.(\w+)\.(\w+)", file.read_text("utf-8")):
            assert stage in (own, "commands"), f"{file} reaches into {stage}/{inner}.py"


def test_ci_runs_the_command_of_the_readme() -> None:
    """`.ci/run` ends with exactly the README's test command."""
    commands = re.findall(r"```sh\n(python3 -m venv .*?)\n```", (ROOT / "README.md").read_text())
    assert len(commands) == 2
    assert (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1] == commands[1]


def test_releases_are_built_with_pinned_versions() -> None:
    """`constraints.txt` pins all that pyproject.toml asks for, within its bounds, and is used."""
    pins = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, _, version = line.partition(" ;")[0].partition("==")
            pins[canonicalize_name(name)] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"]]
    for part in project["project"]["optional-dependencies"].values():
        wanted += part
    wanted += [*project["dependency-groups"]["cards"], *project["dependency-groups"]["test"]]
    for requirement in map(Requirement, wanted):
        if requirement.name != "mlcards":
            assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement
    for file in (".ci/run", ".github/workflows/release.yml", ".github/workflows/check.yml"):
        text = (ROOT / file).read_text()
        assert "-c constraints.txt" in text or "bash .ci/run" in text
