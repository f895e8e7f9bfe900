"""Help for who writes: a skeleton, formulas typeset, code run, figures drawn."""

from mlcards.authoring import formulas, mathjax
from mlcards.authoring.init import library_files
from mlcards.authoring.new import alike, propose_id, skeleton
from mlcards.authoring.run import blocks_of, run_all, tested

__all__ = [
    "alike",
    "blocks_of",
    "formulas",
    "library_files",
    "mathjax",
    "propose_id",
    "run_all",
    "skeleton",
    "tested",
]
