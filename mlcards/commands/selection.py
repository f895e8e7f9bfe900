"""The options that choose notes by tag."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mlcards.compile import Compiled
    from mlcards.notes import Selection


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose notes by tag."""
    for option in (
        click.option(
            "--exclude-tag", "without", multiple=True, metavar="TAG", help="Leave these out."
        ),
        click.option(
            "--tag",
            "tags",
            multiple=True,
            metavar="TAG",
            help="Only notes with this tag; again to narrow, a comma to widen.",
        ),
    ):
        command = option(command)
    return command


def checked(compiled: Compiled, tags: tuple[str, ...], without: tuple[str, ...]) -> Selection:
    """Return the selection; a tag that no note has is wrong use."""
    from mlcards.notes import NothingSelected, Selection

    selection = Selection(tags, without)
    try:
        selection.of(compiled.notes)
    except NothingSelected as error:
        raise click.UsageError(str(error)) from None
    return selection
