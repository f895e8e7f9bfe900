"""Write the skeleton of an answer."""

from __future__ import annotations

from pathlib import Path

import click

from mlcards.commands.cards import read


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

    with read(cards) as compiled:
        catalog = compiled.catalog
        areas = catalog.areas
        known = {one.id: one.path for one in compiled.outlines}
        near = alike(question, compiled.notes)
    term = areas.find(area)
    if not term:
        other = did_you_mean(area, areas.words()) or ";"
        names = ", ".join(one.id for one in areas.terms)
        raise click.UsageError(f"`{area}` is no area{other} the areas are {names}")
    id = id or propose_id(question)
    if not id:
        raise click.UsageError("no id can be made of this question; name the file: --id some-words")
    if not ID.fullmatch(id) or len(id) > MAX_ID:
        message = f"`{id}` is no id; {ID_RULE}, at most {MAX_ID} characters: --id some-words"
        raise click.UsageError(message)
    for note in near:
        click.echo(f"note: `{note.key}` asks something similar: {note.title}", err=True)
    file = cards / term.id / f"{id}.md"
    if id in known or file.exists():
        raise click.UsageError(f"{known.get(id, file)} exists; choose another name with --id")
    try:
        write(file, skeleton(question, catalog).encode())
    except OutputError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{file}\nReplace each comment, then: mlcards check {file}")
