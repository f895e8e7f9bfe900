"""Show what an import does to a learner."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlcards.commands.cards import sound
from mlcards.commands.selection import checked

if TYPE_CHECKING:
    from mlcards.history import Contents


@click.command()
@click.argument("old", type=click.Path(path_type=Path, exists=True))
@click.argument("new", type=click.Path(path_type=Path, exists=True), default=Path("cards"))
@click.option("--json", "form", flag_value="json", help="As JSON.")
@click.option("--markdown", "form", flag_value="markdown", help="For a pull request.")
def diff(old: Path, new: Path, form: str | None) -> None:
    """Show what importing NEW does to a learner who has OLD.

    Each is a package, or a cards folder (cards/ if NEW is left out). The exit code is 1 if a
    learner would lose something.

    \b
      mlcards diff released.apkg
      mlcards diff released.apkg build/mlcards.apkg --markdown
    """
    from mlcards.history import as_json, as_markdown, as_text, diff

    difference = diff(_contents(old), _contents(new))
    show = {"json": as_json, "markdown": as_markdown}.get(form or "", as_text)
    click.echo(show(difference))
    sys.exit(1 if difference.losses else 0)


def _contents(path: Path) -> Contents:
    import errno
    import sqlite3
    import tempfile
    from io import BytesIO

    from mlcards.history import NoPackage, contents
    from mlcards.packages import whole
    from mlcards.state import UnusableTime
    from mlcards.text import OutputError

    try:
        if path.is_file():
            return contents(path)
        if not path.is_dir():
            raise NoPackage("is no file")
        with sound(path) as compiled:
            checked(compiled, (), ())
            return contents(BytesIO(whole(compiled)))
    except NoPackage as error:
        raise click.UsageError(f"{path} {error}") from None
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    except UnusableTime as error:
        raise click.ClickException(f"{path}: {error}") from None
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{path} cannot be compared: {reason}"
        if getattr(error, "errno", None) == errno.ENOSPC or isinstance(error, sqlite3.Error):
            message += f"; make room in {tempfile.gettempdir()}, or name another folder in TMPDIR"
        raise click.ClickException(message) from None
