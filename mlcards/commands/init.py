"""Start a library of one's own."""

from __future__ import annotations

import shlex
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> None:
    """Start a library of your own in FOLDER (here): a small one that builds at once.

    What is there already stays as it is.

    \b
      mlcards init history-of-rome
    """
    from mlcards.authoring import library_files
    from mlcards.text import OutputError, write

    written = []
    try:
        for file, text in library_files(folder):
            write(file, text.encode())
            written.append(file)
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    if not written:
        raise click.ClickException(f"{folder} holds a library already; nothing was written")
    click.echo("\n".join(map(str, written)))
    go = "" if folder == Path() else f"cd {shlex.quote(str(folder))}\n  "
    click.echo(f"\nNext:\n\n  {go}mlcards check\n  mlcards build\n  mlcards preview")
    click.echo('  mlcards new basics "What is …?"\n\nThen set the names in cards/library.yaml.')
