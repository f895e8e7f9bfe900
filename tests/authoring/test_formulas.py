"""What a formula may hold, held against the MathJax that Anki carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlcards.authoring.formulas import Typeset, problems_of, typesetter
from mlcards.markdown import Formula, render
from mlcards.markdown.tex import known
from mlcards.text.fragment import Fragment

GOOD = r"""
95\% = 0.95
\text{95% of 5 cm, if a < b} \quad \text{for } x
\hat\theta = \operatorname*{arg\,min}_{\theta}\,\frac{1}{n}\sum_{i=1}^{n} \ell(y_i, f_\theta(x_i))
\begin{aligned} a &= b \\[4pt] c &= d \end{aligned}
\begin{array}{c|rl} 1 & 2 & 3 \\ \hline 4 & 5 & 6 \end{array}
\begin{pmatrix} a & b \\ c & d \end{pmatrix}^{-1}
\begin{alignedat}{2} x &= 1 & y &= 2 \end{alignedat}
\sum_{\substack{i < j \\ i \ne 3}} x_{ij}
\genfrac{(}{)}{0pt}{}{n}{k} = \binom{n}{k} = {n \choose k}
\left\{ x : \Big| x \Big|_2 \le 1 \right\}
\int_0^\infty f\,dx\,dy = \iint f dx dy
\ce{2H2 + O2 -> 2H2O}
\underbrace{a + b}_{\text{two terms}} \xrightarrow[n \to \infty]{d} \mathcal{N}(0, 1)
\sqrt[3]{x} \prime y' \smash[b]{x} \hspace{1em} \kern 2mu \raise 1ex x
\cancel{x} \tag{3} \mathrm{Var}(X) \boldsymbol{\beta} \mathbb{R}^{n \times d}
P(A \mid B) = \frac{P(B \mid A)\,P(A)}{P(B)}
"""

REFUSED = r"""
95% | 3 | `%` begins a comment, which MathJax drops; write `\%`
\text{95\%} | 9 | `\%` would show as it stands here; inside `\text{…}` write plain text
\text{a_{i}} | 9 | `{` would show as it stands here; inside `\text{…}` write plain text
a \\ b | 3 | a line breaks only inside `\begin{aligned} … \end{aligned}`
learning rate | 1 | spaces vanish in a formula; write `\text{learning rate}`
\mathrm{true positives} | 9 | spaces vanish in a formula; write `\text{true positives}`
x` | 2 | MathJax shows a backtick as another sign; write `'` for a prime
\aplha | 1 | `\aplha` is no command that Anki typesets; did you mean \alpha or upalpha or nabla?
\begin{algned}a\end{algned} | 1 | `algned` is no environment that Anki typesets; did you mean aligned or alignedat or align?
\href{javascript:alert(1)}{x} | 1 | `\href`: a formula carries no address; put a link into the text
\mmlToken{mi}[href="x"]{y} | 1 | `\mmlToken`: a formula carries no address; put a link into the text
\ce{A $\href{x}{y}$} | 8 | `\href`: a formula carries no address; put a link into the text
\bbox[background:url(x)]{y} | 1 | `\bbox`: a formula carries no style or color; cards have those of day and night
\cancel[mathbackground=red]{y} | 1 | write `\cancel{…}` without brackets: a formula carries no style
\def\q{1} | 1 | `\def`: a formula defines nothing; write out what the command stands for
\label{x} | 1 | `\label`: formulas have no numbers to refer to; say in words which one
"""


@pytest.fixture(scope="module")
def typeset() -> Iterator[Typeset]:
    with typesetter() as typeset:
        yield typeset


def read(tex: str) -> tuple[tuple[Formula, ...], list[tuple[int, str]]]:
    """Return a display formula if it is sound, and the columns and sentences of what is wrong."""
    rendered = render(Fragment(f"$$\n{tex}\n$$", "file"), {})
    return rendered.formulas, [(one.column, one.message) for one in rendered.problems]


@pytest.mark.parametrize("tex", GOOD.strip().split("\n"))
def test_mathematics_passes_and_shows_whole(tex: str, typeset: Typeset) -> None:
    """What a formula may hold is typeset by MathJax with nothing lost."""
    found, problems = read(tex)
    assert problems == []
    assert list(problems_of(found, typeset)) == []


@pytest.mark.parametrize("line", REFUSED.strip().split("\n"))
def test_what_vanishes_or_is_no_mathematics_is_refused(line: str) -> None:
    """A build refuses it without MathJax, at its column, with the way out."""
    tex, column, message = line.split(" | ")
    assert (int(column), message) in read(tex)[1]


def test_a_sign_that_does_not_come_out_is_an_error() -> None:
    """What goes into MathJax and does not show is an error, whatever the reason."""
    formula = Formula(Fragment(r"\hat{x}_2 = \text{2 m}", "file"), display=True)
    (problem,) = problems_of([formula], lambda formulas: [("x=2", "") for _ in formulas])
    assert str(problem) == (
        "file:1:1: MathJax drops `2m` from this formula; write it another way [mathjax]"
    )


def test_the_listed_commands_are_those_of_mathjax(typeset: Typeset) -> None:
    """MathJax knows each command and environment that a formula may hold."""
    names = [f"\\{name}" for name in sorted(known()["commands"])]
    names += [f"\\begin{{{name}}}\\end{{{name}}}" for name in sorted(known()["environments"])]
    answers = typeset([Formula(Fragment(name, ""), display=True) for name in names])
    unknown = ("Undefined control", "Unknown environment")
    assert [
        n for n, (_, said) in zip(names, answers, strict=True) if said.startswith(unknown)
    ] == []
