"""Compile machine-learning interview answers, written in Markdown, into Anki decks."""
