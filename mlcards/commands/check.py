"""Say what is wrong with the answers."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import click

from mlcards.commands.cards import below, each_holds_an_answer, folder_of, read
from mlcards.commands.words import count


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
)
@click.option("--rules", is_flag=True, help="List all rules with their codes.")
def check(paths: tuple[Path, ...], form: str, rules: bool) -> None:
    """Check the answers in PATHS (cards/) as a build would, and more; change none of them.

    Besides errors it gives advice, which does not fail, and typesets every formula with MathJax
    where that is installed.

    \b
      mlcards check
      mlcards check cards/ml-theory/softmax.md
    """
    from mlcards.state import memory
    from mlcards.text import FORMATS, Diagnostic

    if rules:
        _print_rules()
        return
    folder = folder_of(paths)
    state = None
    with contextlib.suppress(OSError):
        state = memory.look(folder, folder)
    known = memory.recall("check", state)
    if known is None:
        known = _check(folder, form)
        memory.remember("check", state, known)
    found, answers, left_out = known
    each_holds_an_answer(paths, [path for path, *_ in (*found, *answers)])
    if left_out:
        click.echo(left_out, err=True)
    shown = [Diagnostic(*one) for one in found if below(one[0], paths)]
    errors = tuple(one for one in shown if one.severity == "error")
    if shown or form == "json":
        click.echo(FORMATS[form](shown))
    if form == "text":
        notes = [number for path, number in answers if below(path, paths)]
        counts = (count(len(notes), "answer"), count(sum(notes), "note"))
        advice = count(len(shown) - len(errors), "piece") + " of advice"
        click.echo(f"{counts[0]}, {counts[1]}: {count(len(errors), 'error')}, {advice}")
    sys.exit(1 if errors else 0)


def _check(folder: Path, form: str) -> tuple[list[Any], list[tuple[str, int]], str]:
    """Return what was found, how many notes each file has, and why formulas were left out."""
    from mlcards.authoring import formulas
    from mlcards.checks import advise_library

    with read(folder, form) as compiled:
        found = {*compiled.problems, *advise_library(compiled.outlines, compiled.catalog, folder)}
        found.update(advice for one in compiled.outlines for advice in one.advice)
        left_out = "" if formulas.installed() else formulas.HOW_TO_INSTALL
        if not left_out:
            found.update(formulas.check(compiled))
        answers = [(one.path, len(one.notes)) for one in compiled.outlines]
    return [astuple(one) for one in sorted(found)], answers, left_out


def _print_rules() -> None:
    from mlcards.text import ADVICE, ERRORS

    for title, rules in (("Errors", ERRORS), ("Advice", ADVICE)):
        click.echo(f"{title}:")
        for code, sentence in rules.items():
            click.echo(f"  {code:<18} {sentence}")
