"""Typeset every formula with the MathJax of Anki's desktop, in V8 inside this process."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mlcards.authoring import mathjax
from mlcards.compile import Compiled
from mlcards.markdown import Formula
from mlcards.text import Diagnostic

Typeset = Callable[[Sequence[Formula]], list[tuple[str, str]]]
"""Returns for each formula what it shows and MathJax's complaint; one of them is empty."""

# What a formula says to MathJax and does not show: commands, preambles, lengths.
_UNSHOWN = re.compile(
    r"\\begin\s*\{[^{}]*\}(?:\s*\[[^][]*\])?(?:\s*\{[^{}]*\})?|\\end\s*\{[^{}]*\}"
    r"|\\(?:smash|cfrac|genfrac|mathmakebox)\s*(?:\[[^][]*\])*"
    r"|\\(?:[a-zA-Z]+|.)"
    r"|[-+]?(?:\d+\.?\d*|\.\d+)\s*(?:pt|em|ex|mu|px|cm|mm|in|pc)(?![a-zA-Z])",
    re.DOTALL,
)

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
function shown(node) {
  if (node.isKind('text')) return node.getText();
  return node.isKind('XML') ? '' : node.childNodes.map(shown).join('');
}
function typeset([formula, display]) {
  try {
    const root = page.convert(formula, {display, end: MathJax._.core.MathItem.STATE.COMPILED});
    tex.parseOptions.tags.reset();
    return [shown(root), ''];
  } catch (error) { return ['', String(error.message)] }
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
    with typesetter() as typeset:
        for id in missing:
            problems = tuple(problems_of(shelf.take("formulas", id), typeset))
            shelf.keep("mathjax", id, problems)
            yield from problems


def problems_of(formulas: Sequence[Formula], typeset: Typeset) -> Iterator[Diagnostic]:
    """Yield an error for each formula that MathJax refuses or does not show whole."""
    for formula, (shown, complaint) in zip(formulas, typeset(formulas), strict=True):
        if complaint:
            message = f"MathJax cannot typeset this formula: {complaint}"
            yield formula.tex.problem("mathjax", message)
        elif lost := Counter(_signs(_UNSHOWN.sub("", formula.tex.text))) - Counter(_signs(shown)):
            message = f"MathJax drops `{''.join(lost)}` from this formula; write it another way"
            yield formula.tex.problem("mathjax", message)


def _signs(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@contextmanager
def typesetter() -> Iterator[Typeset]:
    """Start MathJax; yield what typesets formulas."""
    from py_mini_racer import MiniRacer

    folder = mathjax.folder()
    assert folder
    engine = MiniRacer()

    def typeset(formulas: Sequence[Formula]) -> list[tuple[str, str]]:
        texts = json.dumps([[formula.tex.text, formula.display] for formula in formulas])
        answers: list[tuple[str, str]] = json.loads(
            str(engine.eval(f"JSON.stringify({texts}.map(typeset))"))
        )
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
