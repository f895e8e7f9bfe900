"""Commands on answers: new, check, test, figures, preview."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

import click

from mlcards.commands import common


@click.command()
@click.argument("area")
@click.argument("question")
@click.option("--id", help="The file's name, for ever; proposed from the question if left out.")
@click.option("--cards", type=click.Path(path_type=Path), default=Path("cards"), hidden=True)
def new(area: str, question: str, id: str | None, cards: Path) -> None:
    """Write the skeleton of an answer to QUESTION in AREA.

    \b
      mlcards new ml-theory "What is label smoothing?"
    """
    from mlcards.authoring import alike, propose_id, skeleton
    from mlcards.library import ID, ID_RULE, MAX_ID
    from mlcards.text import OutputError, did_you_mean, write

    with common.read(cards) as compiled:
        areas = compiled.catalog.areas
        known = {one.id: one.path for one in compiled.outlines}
        near = alike(question, compiled.notes)
    term = areas.find(area)
    if not term:
        other = did_you_mean(area, areas.words()) or ";"
        names = ", ".join(one.id for one in areas.terms)
        raise click.UsageError(f"`{area}` is no area{other} the areas are {names}")
    id = id or propose_id(question)
    if not ID.fullmatch(id) or len(id) > MAX_ID:
        message = f"`{id}` is no id; {ID_RULE}, at most {MAX_ID} characters: --id some-words"
        raise click.UsageError(message)
    for note in near:
        click.echo(f"note: `{note.key}` asks something similar: {note.title}", err=True)
    file = cards / term.id / f"{id}.md"
    if id in known or file.exists():
        raise click.UsageError(f"{known.get(id, file)} exists; choose another name with --id")
    try:
        write(file, skeleton(question).encode())
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}\nReplace each comment, then: mlcards check {file}")


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
    from mlcards.state import unchanged
    from mlcards.text import FORMATS, Diagnostic

    if rules:
        _print_rules()
        return
    folder = common.folder_of(paths)
    state = None
    with contextlib.suppress(OSError):
        state = unchanged.look(folder, folder)
    known = unchanged.recall("check", state)
    if known is None:
        known = _check(folder, form)
        unchanged.remember("check", state, known)
    found, answers, left_out = known
    common.each_holds_an_answer(paths, [path for path, *_ in (*found, *answers)])
    if left_out:
        click.echo(left_out, err=True)
    shown = [Diagnostic(*one) for one in found if common.below(one[0], paths)]
    errors = tuple(one for one in shown if one.severity == "error")
    if shown or form == "json":
        click.echo(FORMATS[form](shown))
    if form == "text":
        notes = [number for path, number in answers if common.below(path, paths)]
        counts = (common.count(len(notes), "answer"), common.count(sum(notes), "note"))
        advice = common.count(len(shown) - len(errors), "piece") + " of advice"
        click.echo(f"{counts[0]}, {counts[1]}: {common.count(len(errors), 'error')}, {advice}")
    sys.exit(1 if errors else 0)


def _check(folder: Path, form: str) -> tuple[list[Any], list[tuple[str, int]], str]:
    """Return what was found, how many notes each file has, and why formulas were left out."""
    from mlcards.authoring import formulas
    from mlcards.checks import similar

    with common.read(folder, form) as compiled:
        found = {*compiled.problems, *similar(compiled.outlines)}
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


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def test(paths: tuple[Path, ...]) -> None:
    """Run the Python of the answers in PATHS (cards/): clean process, warnings are errors.

    What passed is remembered in build/.tested, so that unchanged answers do not run again.
    """
    from mlcards.authoring import run_all, tested

    answers = common.answers_below(paths)
    memory = tested(common.folder_of(paths))
    problems = [result.problem for result in run_all(answers, memory) if result.problem]
    if problems:
        common.fail(tuple(problems))
    click.echo(f"the code of {common.count(len(answers), 'answer')} passes")


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def figures(paths: tuple[Path, ...]) -> None:
    """Draw the figures of the answers in PATHS (cards/) again, beside their files."""
    from mlcards import checks
    from mlcards.authoring import blocks_of, run_all
    from mlcards.markdown import figures_of
    from mlcards.text import OutputError, write

    blocks = [(answer, blocks_of(answer)) for answer in common.answers_below(paths)]
    drawn = [(one.start.path, figure) for one, its in blocks for figure in figures_of(its)]
    if twice := tuple(checks.drawn_once(drawn)):
        common.fail(twice)
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
        common.fail(tuple(problems))


@click.command()
@common.CARDS
@common.selection_options
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
        with common.compiled(cards) as compiled:
            notes = common.checked(compiled, tags, without).of(compiled.notes)
            site = {**fixed, **page.card_files(compiled, notes, live=False)}
        try:
            page.write_site(site, output)
        except OutputError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{output / 'index.html'}: {common.count(len(notes), 'note')}")
        return
    make = page.Maker(cards, Selection(tags, without))
    try:
        first = make.first(common.note)
    except InvalidAnswer as error:
        common.fail(error.diagnostics)
    except NothingSelected as error:
        raise click.UsageError(str(error)) from None
    try:
        serve(cards, make, fixed, first, port, browse)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        message = f"port {port} cannot be used: {reason}; choose another with --port"
        raise click.ClickException(message) from None
