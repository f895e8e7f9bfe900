"""The answers in cards/: no problems, code that runs, figures that are up to date."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from mlcards.authoring.run import Run, blocks_of, run_all
from mlcards.compile.folder import compile_cards
from mlcards.library.folder import load

CARDS = Path(__file__).parents[2] / "cards"
LIBRARY = load(CARDS)


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    cache = CARDS.parent / "build" / ".tested"
    return {run.answer.id: run for run in run_all(LIBRARY.answers, cache)}


def test_no_problems() -> None:
    """`mlcards check` finds nothing in the published answers."""
    assert compile_cards(CARDS).problems == ()


@pytest.mark.parametrize("id", [answer.id for answer in LIBRARY.answers])
def test_code_runs(id: str, runs: dict[str, Run]) -> None:
    """The answer's Python passes in a clean process with warnings as errors."""
    assert runs[id].problem is None


def imports(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def test_the_group_cards_holds_all_that_answers_import() -> None:
    """Who installs the group can run `mlcards test`, as CONTRIBUTING says."""
    project = tomllib.loads((CARDS.parent / "pyproject.toml").read_text("utf-8"))
    group = {re.split("[=>]", one)[0] for one in project["dependency-groups"]["cards"]}
    installed = packages_distributions()
    imported = {
        name
        for answer in LIBRARY.answers
        for block in blocks_of(answer)
        if block.language == "python" and block.mode != "no-run"
        for name in imports(block.code.text)
        if name not in sys.stdlib_module_names
    }
    assert {name for name in imported if not group & set(installed.get(name, []))} == set()
