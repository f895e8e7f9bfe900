"""Run the code of the answers."""

from __future__ import annotations

from pathlib import Path

import click

from mlcards.commands.cards import answers_below, folder_of
from mlcards.commands.words import count, fail


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def test(paths: tuple[Path, ...]) -> None:
    """Run the Python of the answers in PATHS (cards/): clean process, warnings are errors.

    What passed is remembered in build/.tested, so that unchanged answers do not run again.
    """
    from mlcards.authoring import run_all, tested

    answers = answers_below(paths)
    memory = tested(folder_of(paths))
    problems = [result.problem for result in run_all(answers, memory) if result.problem]
    if problems:
        fail(tuple(problems))
    click.echo(f"the code of {count(len(answers), 'answer')} passes")
