"""Compile machine-learning interview answers, written in Markdown, into Anki decks."""

__version__ = "0.1.0"
