"""The commands: they print and exit; nothing else does."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mlcards import __version__

if TYPE_CHECKING:
    from mlcards.answer import Answer
    from mlcards.build import Written
    from mlcards.compile import Compiled
    from mlcards.diagnostics import Diagnostic
    from mlcards.diff import Contents
    from mlcards.select import Selection

_CARDS = click.argument("cards", type=click.Path(path_type=Path), default=Path("cards"))


def _selection(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="mlcards %(version)s")
def main() -> None:
    """Compile interview answers, written in Markdown, into Anki decks.

    Start with `mlcards check` and `mlcards build`. Each command has its own --help.
    """


@main.command()
@_CARDS
@_selection
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The folder to write to (build/); for a selection also a name that ends in .apkg.",
)
def build(
    cards: Path, tags: tuple[str, ...], without: tuple[str, ...], output: Path | None
) -> None:
    """Write Anki packages from the answers in CARDS (cards/).

    Without --tag: all notes, one package for each area, one for each company.
    With --tag: one package with what matches.

    \b
    A TAG matches where its parts stand in a row in a tag of the note:
      mlcards build
      mlcards build --tag amazon
      mlcards build --tag amazon,google --tag hard
      mlcards build --tag 'topic::reg*' --exclude-tag kind::explain -o deck.apkg
    """
    from mlcards.build import build
    from mlcards.output import OutputError
    from mlcards.revision import UnusableTime

    compiled = _compiled(cards)
    selection = _checked(compiled, tags, without)
    try:
        written = _listed(build(cards, compiled, selection, output))
    except (OutputError, UnusableTime) as error:
        raise click.ClickException(str(error)) from None
    most = max(written, key=lambda package: package.notes)
    packages = _count(len(written), "package")
    click.echo(f"{packages} with {_count(most.notes, 'note')} and {_count(most.cards, 'card')}")


@main.command("list")
@_CARDS
@_selection
@click.option("--json", "as_json", is_flag=True, help="As JSON, one object for each note.")
def list_notes(cards: Path, tags: tuple[str, ...], without: tuple[str, ...], as_json: bool) -> None:
    """Show the notes in CARDS (cards/) that a build would write.

    \b
      mlcards list --tag company::uber
      mlcards list --tag kind::explain --json
    """
    compiled = _compiled(cards)
    chosen = _checked(compiled, tags, without).of(compiled.notes)
    if as_json:
        rows = [
            {
                "key": note.key,
                "kind": note.kind,
                "title": note.title,
                "deck": note.deck,
                "cards": len(note.cards),
                "tags": note.tags,
            }
            for note in chosen
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    width = max(len(note.key) for note in chosen)
    for note in chosen:
        title = note.title if len(note.title) <= 70 else note.title[:69] + "…"
        click.echo(f"{note.key:<{width}}  {note.kind:<7}  {title}")
    answers = sum(note.kind == "explain" for note in chosen)
    total = sum(len(note.cards) for note in chosen)
    counts = (_count(len(chosen), "note"), _count(total, "card"), _count(answers, "answer"))
    click.echo(f"{counts[0]}, {counts[1]}, from {counts[2]}")


@main.command()
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
    """Check the answers in PATHS (cards/) as a build would, and more; write nothing.

    Besides errors it gives advice, which does not fail, and typesets every formula with MathJax
    where that is installed.

    \b
      mlcards check
      mlcards check cards/ml-theory/softmax.md
    """
    from mlcards import formulas
    from mlcards.advice import advise, similar
    from mlcards.diagnostics import FORMATS

    if rules:
        _print_rules()
        return
    folder = _folder(paths)
    compiled = _read(folder)
    found = {*compiled.problems, *similar(compiled.drafts)}
    found.update(advice for draft in compiled.drafts for advice in advise(draft))
    if formulas.installed():
        every = [formula for draft in compiled.drafts for formula in draft.formulas]
        found.update(formulas.problems(every))
    else:
        click.echo(formulas.HOW_TO_INSTALL, err=True)
    shown = sorted(one for one in found if _below(one.path, paths))
    errors = tuple(one for one in shown if one.severity == "error")
    if shown or form == "json":
        click.echo(FORMATS[form](shown))
    if form == "text":
        answers = [one for one in compiled.drafts if _below(one.answer.start.path, paths)]
        notes = sum(len(one.notes) for one in answers)
        counts = (_count(len(answers), "answer"), _count(notes, "note"))
        advice = _count(len(shown) - len(errors), "piece") + " of advice"
        click.echo(f"{counts[0]}, {counts[1]}: {_count(len(errors), 'error')}, {advice}")
    sys.exit(1 if errors else 0)


def _print_rules() -> None:
    from mlcards.rules import ADVICE, ERRORS

    for title, rules in (("Errors", ERRORS), ("Advice", ADVICE)):
        click.echo(f"{title}:")
        for code, sentence in rules.items():
            click.echo(f"  {code:<18} {sentence}")


@main.command()
@click.argument("area")
@click.argument("question")
@click.option("--id", help="The file's name, for ever; proposed from the question if left out.")
@click.option("--cards", type=click.Path(path_type=Path), default=Path("cards"), hidden=True)
def new(area: str, question: str, id: str | None, cards: Path) -> None:
    """Write the skeleton of an answer to QUESTION in AREA.

    \b
      mlcards new ml-theory "What is label smoothing?"
    """
    from mlcards.catalog import ID, ID_RULE
    from mlcards.diagnostics import did_you_mean
    from mlcards.new import alike, propose_id, skeleton
    from mlcards.output import OutputError, write

    compiled = _read(cards)
    areas = compiled.catalog.areas
    term = areas.find(area)
    if not term:
        near = did_you_mean(area, areas.words())
        names = ", ".join(one.id for one in areas.terms)
        raise click.UsageError(f"`{area}` is no area{near} The areas are {names}.")
    id = id or propose_id(question)
    if not ID.fullmatch(id):
        raise click.UsageError(f"`{id}` is no id; {ID_RULE}: --id some-words")
    for note in alike(question, compiled.notes):
        click.echo(f"note: `{note.key}` asks something similar: {note.title}", err=True)
    taken = next((d.answer.start.path for d in compiled.drafts if d.answer.id == id), None)
    file = cards / term.id / f"{id}.md"
    if taken or file.exists():
        raise click.UsageError(f"{taken or file} exists; choose another name with --id")
    try:
        write(file, skeleton(question).encode())
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}\nReplace each comment, then: mlcards check {file}")


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def test(paths: tuple[Path, ...]) -> None:
    """Run the Python of the answers in PATHS (cards/): clean process, warnings are errors.

    What passed is remembered in build/.tested, so that unchanged answers do not run again.
    """
    from mlcards.run import run_all

    answers = _answers(paths)
    problems = [r.problem for r in run_all(answers, Path("build/.tested")) if r.problem]
    if problems:
        _fail(tuple(problems))
    click.echo(f"the code of {_count(len(answers), 'answer')} passes")


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def figures(paths: tuple[Path, ...]) -> None:
    """Draw the figures of the answers in PATHS (cards/) again, beside their files."""
    from mlcards.output import OutputError, write
    from mlcards.run import blocks_of, run_all

    drawing = [a for a in _answers(paths) if any(block.figure for block in blocks_of(a))]
    problems = []
    for result in run_all(drawing):
        if result.problem:
            problems.append(result.problem)
        for name, svg in result.figures.items():
            file = Path(result.answer.start.path).with_name(name)
            try:
                write(file, svg.encode())
            except OutputError as error:
                raise click.ClickException(str(error)) from None
            click.echo(str(file))
    if problems:
        _fail(tuple(problems))


@main.command()
@_CARDS
@_selection
@click.option("--output", type=click.Path(path_type=Path), help="Write static files there instead.")
@click.option("--port", default=8765, show_default=True, help="0 takes a free one.")
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
    from mlcards import mathjax
    from mlcards import preview as page
    from mlcards.output import OutputError, output_folder, write
    from mlcards.select import Selection

    scripts = mathjax.folder()
    try:
        from mlcards.serve import serve
    except ImportError:
        scripts = None
    if not scripts:
        raise click.ClickException(page.HOW_TO_INSTALL)
    fixed = page.fixed_files(scripts)
    if output:
        compiled = _compiled(cards)
        notes = _checked(compiled, tags, without).of(compiled.notes)
        try:
            with output_folder(output):
                for name, data in {**fixed, **page.card_files(compiled, notes, False)}.items():
                    write(output / name, data)
        except OutputError as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{output / 'index.html'}: {_count(len(notes), 'note')}")
        return
    try:
        serve(cards, page.Maker(cards, Selection(tags, without)), fixed, port, browse)
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        message = f"port {port} cannot be used: {reason}; choose another with --port"
        raise click.ClickException(message) from None


@main.command()
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
    from mlcards.diff import as_json, as_markdown, as_text, diff

    difference = diff(_contents(old), _contents(new))
    show = {"json": as_json, "markdown": as_markdown}.get(form or "", as_text)
    click.echo(show(difference))
    sys.exit(1 if difference.losses else 0)


def _listed(written: Iterable[Written]) -> list[Written]:
    """Print each package as it is written."""
    packages = []
    for package in written:
        click.echo(f"{package.file}: {package.notes} notes, {package.cards} cards")
        packages.append(package)
    return packages


def _contents(path: Path) -> Contents:
    from mlcards.build import whole
    from mlcards.diff import NoPackage, contents

    try:
        return contents(whole(path, _compiled(path)) if path.is_dir() else path.read_bytes())
    except NoPackage as error:
        raise click.UsageError(f"{path} {error}") from None


@main.command()
@click.argument("version")
@_CARDS
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("build"), help="Default: build/"
)
def release(version: str, cards: Path, output: Path) -> None:
    """Make release VERSION of CARDS (cards/): packages, record and changelog.

    Refuses where a learner would lose something. Publishes and commits nothing; prints the
    commands that do.
    """
    from mlcards.output import OutputError
    from mlcards.release import Refused
    from mlcards.release import release as make
    from mlcards.revision import UnusableTime

    compiled = _compiled(cards)
    try:
        made = make(cards, compiled, version, output)
    except (Refused, OutputError, UnusableTime) as error:
        raise click.ClickException(str(error)) from None
    _listed(made.written)
    click.echo(f"\n{made.notes}\nTo publish it:\n")
    click.echo(f"  git add {made.record} {made.changelog}")
    click.echo(f"  git commit -m 'Release {version}'")
    click.echo(f"  git tag -a v{version} -m 'Release {version}'")
    click.echo("  git push --follow-tags")


def _answers(paths: tuple[Path, ...]) -> list[Answer]:
    """Read the answers below paths, or print what is wrong with them and exit with 1."""
    from mlcards import library
    from mlcards.diagnostics import InvalidAnswer

    try:
        found = library.load(_folder(paths))
    except InvalidAnswer as error:
        _fail(error.diagnostics)
    problems = tuple(problem for problem in found.problems if _below(problem.path, paths))
    if problems:
        _fail(problems)
    return [answer for answer in found.answers if _below(answer.start.path, paths)]


def _folder(paths: tuple[Path, ...]) -> Path:
    """Return the cards folder that holds all paths: the one with a taxonomy."""
    if not paths:
        return Path("cards")
    for path in paths:
        if not path.exists():
            raise click.UsageError(f"there is no file or folder {path}")
    for folder in (paths[0], *paths[0].parents):
        if (folder / "taxonomy.yaml").exists():
            return folder
    raise click.UsageError(f"{paths[0]} is in no cards folder (one with a taxonomy.yaml)")


def _below(path: str, paths: tuple[Path, ...]) -> bool:
    return not paths or any(Path(path).is_relative_to(parent) for parent in paths)


def _compiled(cards: Path) -> Compiled:
    """Compile the cards folder, or print what is wrong with it and exit with 1."""
    compiled = _read(cards)
    if compiled.problems:
        _fail(compiled.problems)
    return compiled


def _read(cards: Path) -> Compiled:
    """Compile the cards folder with its problems; exit with 1 if nothing can be read."""
    from mlcards.compile import compile_cards
    from mlcards.diagnostics import InvalidAnswer

    try:
        return compile_cards(cards, _progress)
    except InvalidAnswer as error:
        _fail(error.diagnostics)


def _progress(items: Sequence[Answer]) -> Iterator[Answer]:
    """Show a bar on a terminal once the work has taken longer than a moment."""
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        bar = None
        for done, item in enumerate(items):
            if bar:
                bar.update(1)
            elif sys.stderr.isatty() and time.monotonic() - start > 0.5:
                shown = click.progressbar(length=len(items), label="Rendering", file=sys.stderr)
                bar = stack.enter_context(shown)
                bar.update(done)
            yield item


def _fail(problems: tuple[Diagnostic, ...]) -> NoReturn:
    from mlcards.diagnostics import as_text

    click.echo(as_text(problems), err=True)
    files = len({problem.path for problem in problems})
    click.echo(f"{_count(len(problems), 'problem')} in {_count(files, 'file')}", err=True)
    sys.exit(1)


def _checked(compiled: Compiled, tags: tuple[str, ...], without: tuple[str, ...]) -> Selection:
    from mlcards.select import NothingSelected, Selection

    selection = Selection(tags, without)
    try:
        selection.of(compiled.notes)
    except NothingSelected as error:
        raise click.UsageError(str(error)) from None
    return selection


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
