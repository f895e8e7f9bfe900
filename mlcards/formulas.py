"""Typeset every formula with the MathJax of Anki's desktop, in V8 inside this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mlcards import mathjax
from mlcards.compile import Compiled
from mlcards.diagnostics import Diagnostic
from mlcards.markdown import Formula

Typeset = Callable[[Sequence[Formula]], list[str]]

HOW_TO_INSTALL = "formulas are not checked: install MathJax with `pip install 'mlcards[formulas]'`"

_FILES = ("startup.js", "core.js", "adaptors/liteDOM.js", "input/tex-full.js")
# Anki's packages, but errors throw instead of showing, and no formula may define a macro for
# the next one. `textmacros` is off in Anki; `bussproofs` needs a page to measure on;
# `html` makes links and styles.
_SETUP = """
const dropped = ['noerrors', 'noundefined', 'textmacros', 'newcommand', 'configmacros',
  'bussproofs', 'html'];
const tex = new MathJax._.input.tex_ts.TeX({
  packages: MathJax._.input.tex.AllPackages.AllPackages.filter(p => !dropped.includes(p)),
  formatError: (jax, error) => { throw error },
});
MathJax._.handlers.html_ts.RegisterHTMLHandler(MathJax._.adaptors.liteAdaptor.liteAdaptor());
const page = MathJax._.mathjax.mathjax.document('', {InputJax: tex});
function problem([formula, display]) {
  try {
    page.convert(formula, {display, end: MathJax._.core.MathItem.STATE.COMPILED});
    tex.parseOptions.tags.reset();
    return '';
  } catch (error) { return String(error.message) }
}
"""


def installed() -> bool:
    """Tell whether MathJax and V8 are installed (the extra `formulas`)."""
    try:
        import py_mini_racer  # noqa: F401
    except ImportError:
        return False
    return mathjax.folder() is not None


def check(compiled: Compiled) -> Iterator[Diagnostic]:
    """Yield an error for each formula that MathJax cannot typeset; needs the extra.

    The formulas of an answer that has not changed are not typeset again.
    """
    shelf = compiled.shelf
    missing = []
    for outline in compiled.outlines:
        try:
            yield from shelf.kept("mathjax", outline.id)
        except KeyError:
            missing.append(outline.id)
    if not missing:
        return
    with _mathjax() as typeset:
        for id in missing:
            problems = tuple(_problems(shelf.take("formulas", id), typeset))
            shelf.keep("mathjax", id, problems)
            yield from problems


def _problems(formulas: Sequence[Formula], typeset: Typeset) -> Iterator[Diagnostic]:
    for formula, answer in zip(formulas, typeset(formulas), strict=True):
        if answer:
            message = f"MathJax cannot typeset this formula: {answer}"
            yield formula.tex.problem("mathjax", message)


@contextmanager
def _mathjax() -> Iterator[Typeset]:
    """Start MathJax; yield what returns for each formula MathJax's complaint, or nothing."""
    from py_mini_racer import MiniRacer

    folder = mathjax.folder()
    assert folder
    engine = MiniRacer()

    def typeset(formulas: Sequence[Formula]) -> list[str]:
        texts = json.dumps([[formula.tex.text, formula.display] for formula in formulas])
        answers: list[str] = json.loads(str(engine.eval(f"JSON.stringify({texts}.map(problem))")))
        return answers

    try:
        engine.eval("var window = globalThis, self = globalThis, global = globalThis;")
        engine.eval("var MathJax = {loader: {load: []}, startup: {typeset: false}};")
        for name in _FILES:
            engine.eval((folder / name).read_text("utf-8"))
        engine.eval(_SETUP)
        yield typeset
    finally:
        engine.close()  # else V8 hangs when Python exits
