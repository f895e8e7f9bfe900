"""What anyone would write: yardstick.py CARDS PACKAGE.apkg. One note a file, no checks."""

import sys
from pathlib import Path

import genanki
import yaml
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

FORMATTER = HtmlFormatter(nowrap=True)


def code(text: str, language: str, _: str) -> str:
    return highlight(text, get_lexer_by_name(language or "text"), FORMATTER)


markdown = MarkdownIt("commonmark", {"highlight": code}).enable("table")
model = genanki.Model(
    1607392319,
    "Yardstick",
    fields=[{"name": "Question"}, {"name": "Answer"}],
    templates=[{"name": "Card", "qfmt": "{{Question}}", "afmt": "{{Question}}<hr>{{Answer}}"}],
    css=FORMATTER.get_style_defs(),
)
decks = {}
cards, package = map(Path, sys.argv[1:])
for file in sorted(cards.glob("*/*.md")):
    _, header, text = file.read_text("utf-8").split("---\n", 2)
    tags = yaml.safe_load(header)["tags"]
    question, body = text.strip().split("\n", 1)
    area = file.parent.name
    deck = decks.setdefault(area, genanki.Deck(2059400110 + len(decks), f"Yardstick::{area}"))
    fields = [markdown.render(question), markdown.render(body)]
    deck.add_note(genanki.Note(model, fields, tags=tags, guid=file.stem))
pictures = [str(file) for file in sorted(cards.glob("*/*.svg"))]
genanki.Package(list(decks.values()), pictures).write_to_file(package)
