"""A cards folder becomes closed lists, pictures and Answers."""

from mlcards.library.answer import Answer, Cloze, Company, Question
from mlcards.library.catalog import ID, ID_RULE, MAX_ID, Catalog, Settings, Terms
from mlcards.library.folder import (
    Files,
    Picture,
    load,
    parse_file,
    picture_bytes,
    picture_name,
    scan,
)
from mlcards.library.frontmatter import Mapping, read_mapping
from mlcards.library.parse import parse

__all__ = [
    "ID",
    "ID_RULE",
    "MAX_ID",
    "Answer",
    "Catalog",
    "Cloze",
    "Company",
    "Files",
    "Mapping",
    "Picture",
    "Question",
    "Settings",
    "Terms",
    "load",
    "parse",
    "parse_file",
    "picture_bytes",
    "picture_name",
    "read_mapping",
    "scan",
]
