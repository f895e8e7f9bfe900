"""Only genanki: floor.py NOTES PACKAGE.apkg writes the notes that `run.py` took from mlcards."""

import marshal
import sys
from pathlib import Path

import genanki

notes, package = map(Path, sys.argv[1:])
models: dict[int, genanki.Model] = {}
decks: dict[str, genanki.Deck] = {}
with notes.open("rb") as stream:
    while stream.peek(1):
        kind, deck, guid, fields, tags = marshal.load(stream)
        if kind not in models:
            sides = [{"name": "Card", "qfmt": "{{F0}}{{cloze:F0}}", "afmt": "{{F1}}"}]
            names = [{"name": f"F{i}"} for i in range(len(fields))]
            models[kind] = genanki.Model(
                1607392400 + len(models),
                kind,
                names,
                sides,
                model_type=genanki.Model.CLOZE if kind == "cloze" else genanki.Model.FRONT_BACK,
            )
        decks.setdefault(deck, genanki.Deck(2059400110 + len(decks), deck)).add_note(
            genanki.Note(models[kind], fields, tags=tags, guid=guid)
        )
genanki.Package(list(decks.values())).write_to_file(package)
