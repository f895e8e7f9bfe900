"""Find the MathJax that the extras `formulas` and `preview` install.

It is MathJax 3.2, the version that Anki's desktop carries, with Anki's configuration.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CONFIGURATION = {
    "tex": {
        "displayMath": [["\\[", "\\]"]],
        "inlineMath": [["\\(", "\\)"]],
        "processEscapes": False,
        "processEnvironments": False,
        "processRefs": False,
        "packages": {"[+]": ["noerrors", "mathtools", "mhchem"], "[-]": ["textmacros"]},
    },
    "options": {"enableMenu": False},
    "startup": {"typeset": True},
}
"""As in ts/mathjax/index.ts of ankitects/anki."""


def folder() -> Path | None:
    """Return the folder of MathJax's files, or None where it is not installed."""
    try:
        found = distribution("sphinx-mathjax-offline")
    except PackageNotFoundError:
        return None
    return Path(str(found.locate_file("sphinx-mathjax-offline/static/mathjax")))
