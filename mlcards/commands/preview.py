"""Show the cards in a browser."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mlcards.commands.cards import CARDS, sound
from mlcards.commands.selection import checked, selection_options
from mlcards.commands.words import count, fail, say


@click.command()
@CARDS
@selection_options
@click.option("--output", type=click.Path(path_type=Path), help="Write static files there instead.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="0 takes a free one.",
)
@click.option("--browse/--no-browse", default=True, help="Open the page in a browser (default).")
def preview(
    cards: Path,
    tags: tuple[str, ...],
    without: tuple[str, ...],
    output: Path | None,
    port: int,
    browse: bool,
) -> None:
    """Show the cards in CARDS (cards/) in a browser, as Anki shows them; reload on each change.

    \b
      mlcards preview
      mlcards preview --tag system-design
      mlcards preview --output site
    """
    from mlcards.authoring import mathjax
    from mlcards.notes import NothingSelected, Selection
    from mlcards.site import preview as page
    from mlcards.text import InvalidAnswer, OutputError

    scripts = mathjax.folder()
    try:
        from mlcards.site import serve
    except ImportError:
        scripts = None
    if not scripts:
        raise click.ClickException(page.HOW_TO_INSTALL)
    fixed = page.fixed_files(scripts)
    if output:
        with sound(cards) as compiled:
            notes = checked(compiled, tags, without).of(compiled.notes)
            site = {**fixed, **page.card_files(compiled, notes, live=False)}
        try:
            page.write_site(site, output)
        except OutputError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{output / 'index.html'}: {count(len(notes), 'note')}")
        return
    make = page.Maker(cards, Selection(tags, without))
    try:
        first = make.first(say)
    except InvalidAnswer as error:
        fail(error.diagnostics)
    except NothingSelected as error:
        raise click.UsageError(str(error)) from None
    try:
        serve(cards, make, fixed, first, port, browse)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        message = f"port {port} cannot be used: {reason}; choose another with --port"
        raise click.ClickException(message) from None
