"""The commands: they print and exit; nothing else does."""

from __future__ import annotations

import click

from mlcards import __version__
from mlcards.commands import answers, decks


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mlcards %(version)s")
def main() -> None:
    """Compile interview answers, written in Markdown, into Anki decks.

    Start with `mlcards check` and `mlcards build`. Each command has its own --help.
    """


for command in (
    decks.build,
    decks.list_notes,
    answers.new,
    answers.check,
    answers.test,
    answers.figures,
    answers.preview,
    decks.diff,
    decks.release,
):
    main.add_command(command)
