"""Markdown becomes the HTML of an Anki field, with its formulas, deletions and code."""

from mlcards.markdown.code import FINGERPRINT, CodeBlock, Figure, figures_of, fingerprint, outputs
from mlcards.markdown.html import (
    ADDRESS,
    IMAGE_SUFFIXES,
    Formula,
    Rendered,
    code_blocks,
    deletions,
    neutral,
    outside_cloze,
    plain,
    render,
    shown,
)
from mlcards.markdown.leftover import ODD_SPACES, name_of, odd_space

__all__ = [
    "ADDRESS",
    "FINGERPRINT",
    "IMAGE_SUFFIXES",
    "ODD_SPACES",
    "CodeBlock",
    "Figure",
    "Formula",
    "Rendered",
    "code_blocks",
    "deletions",
    "figures_of",
    "fingerprint",
    "name_of",
    "neutral",
    "odd_space",
    "outputs",
    "outside_cloze",
    "plain",
    "render",
    "shown",
]
