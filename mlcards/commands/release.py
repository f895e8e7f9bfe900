"""Make a release."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mlcards.commands.cards import CARDS, sound
from mlcards.commands.words import fail, list_packages


@click.command()
@click.argument("version")
@CARDS
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("build"), help="Default: build/"
)
def release(version: str, cards: Path, output: Path) -> None:
    """Make release VERSION of CARDS (cards/): packages, record and changelog.

    Typesets every formula, runs the code of all answers, and refuses where that fails or a
    learner would lose something. Publishes and commits nothing; prints the commands that do.
    Where VERSION is the last release and nothing has changed, it writes its packages again.
    """
    from mlcards.packages import Refused
    from mlcards.packages import release as make
    from mlcards.state import UnusableTime
    from mlcards.text import InvalidAnswer, OutputError

    with sound(cards) as compiled:
        click.echo("Typesetting the formulas and running the code of all answers …", err=True)
        try:
            made = make(compiled, version, output)
        except InvalidAnswer as error:
            fail(error.diagnostics)
        except (Refused, OutputError, UnusableTime) as error:
            raise click.ClickException(str(error)) from None
    list_packages(made.written)
    click.echo(f"\n{made.notes}")
    if made.in_git:
        click.echo("To publish it:\n")
        click.echo(f"  git add {made.record} {os.path.relpath(made.changelog)}")
        click.echo(f"  git commit -m 'Release {version}'")
        click.echo(f"  git tag -a v{version} -m 'Release {version}'")
        click.echo("  git push --follow-tags")
    else:
        changelog = os.path.relpath(made.changelog)
        click.echo(
            f"To publish it, give away the packages, and keep {made.record} and {changelog}."
        )
