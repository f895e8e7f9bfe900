"""Markdown becomes the HTML of an Anki field, with its formulas, deletions and code."""

from mlcards.markdown.code import FINGERPRINT, CodeBlock, Figure, figures_of, fingerprint, outputs
from mlcards.markdown.fields import deletions, neutral, outside_cloze, plain, shown
from mlcards.markdown.html import ADDRESS, code_blocks, render
from mlcards.markdown.job import Formula, Rendered
from mlcards.markdown.leftover import ODD_SPACES, name_of, odd_space
from mlcards.markdown.refused import IMAGE_SUFFIXES

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
