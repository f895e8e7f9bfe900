"""The commands: they print and exit; nothing else does."""

from __future__ import annotations

from typing import Any

import click

from mlcards import __version__
from mlcards.commands.build import build
from mlcards.commands.check import check
from mlcards.commands.diff import diff
from mlcards.commands.figures import figures
from mlcards.commands.init import init
from mlcards.commands.list import list_notes
from mlcards.commands.new import new
from mlcards.commands.preview import preview
from mlcards.commands.release import release
from mlcards.commands.streams import standard_streams
from mlcards.commands.test import test


class _Commands(click.Group):
    def main(self, *words: Any, **options: Any) -> Any:
        """Run a command; as a program, on streams that cannot fail."""
        if words or options:
            return super().main(*words, **options)
        with standard_streams():
            return super().main()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mlcards %(version)s")
def main() -> None:
    """Compile interview answers, written in Markdown, into Anki decks.

    Start with `mlcards check` and `mlcards build`. Each command has its own --help.
    """


for command in (init, build, list_notes, new, check, test, figures, preview, diff, release):
    main.add_command(command)
