"""Draw the figures of the answers."""

from __future__ import annotations

from pathlib import Path

import click

from mlcards.commands.cards import answers_below
from mlcards.commands.words import fail


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def figures(paths: tuple[Path, ...]) -> None:
    """Draw the figures of the answers in PATHS (cards/) again, beside their files."""
    from mlcards import checks
    from mlcards.authoring import blocks_of, run_all
    from mlcards.markdown import figures_of
    from mlcards.text import OutputError, write

    blocks = [(answer, blocks_of(answer)) for answer in answers_below(paths)]
    drawn = [(one.start.path, figure) for one, its in blocks for figure in figures_of(its)]
    if twice := tuple(checks.drawn_once(drawn)):
        fail(twice)
    drawing = [answer for answer, its in blocks if any(block.figure for block in its)]
    problems = []
    for result in run_all(drawing):
        if result.problem:
            problems.append(result.problem)
        for name, svg in result.figures.items():
            if not name.startswith(f"{result.answer.id}-"):
                message = f"begin the name with the answer's id: `{result.answer.id}-{name}`"
                problems.append(result.answer.start.problem("figure", message))
                continue
            file = Path(result.answer.start.path).with_name(name)
            try:
                write(file, svg.encode())
            except OutputError as error:
                raise click.ClickException(str(error)) from None
            click.echo(str(file))
    if problems:
        fail(tuple(problems))
