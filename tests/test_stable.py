"""What does not change what a note says does not change what learners get, whatever the libraries."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packages_of import built

from mlcards.notes.draft import said

CARDS = Path(__file__).parents[1] / "cards"
RECORD = """
import sys
from pathlib import Path
from mlcards.history import record
from mlcards.compile import compile_cards
compiled = compile_cards(Path(sys.argv[1]))
print(record.to_text(record.renew(record.Record(), compiled.catalog, compiled.notes, 1)))
"""
CODE = '''
```python
class Point:
    """A point
    in the plane."""
    x = 1_000  # not  in

    @property
    def norm(self):
        return abs(self.x) if self.x is not None else f"{self.x!r:>3}"
```

```sql
SELECT a, COUNT(*) FROM t WHERE b IS NOT NULL GROUP BY a;
```

```bash
grep -r "x" . | sort -u > out.txt
```

```diff
- old
+ new
```
'''


def run(cards: Path, libraries: Path | None, script: str = RECORD) -> str:
    """Run a script on a library, with other libraries before the installed ones."""
    path = [str(CARDS.parent), *([str(libraries)] if libraries else [])]
    done = subprocess.run(
        [sys.executable, "-c", script, str(cards)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(reversed(path))},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture(
    scope="module", params=["pygments==2.18.0", "pygments==2.20.0", "markdown-it-py==3.0.0"]
)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with another version of a library than the one installed."""
    folder = tmp_path_factory.mktemp("library")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(folder)]
    subprocess.run([*pip, request.param], check=True, capture_output=True)
    return folder


def test_another_version_of_a_library_changes_no_note(library: Path) -> None:
    """The record of all answers is the same with older libraries: nothing is «Corrected»."""
    assert run(CARDS, library) == run(CARDS, None)


def test_another_pygments_gives_the_same_package(library: Path, mini: Path) -> None:
    """Code of several languages is the same HTML to the byte."""
    file = mini / "ml-coding" / "auc.md"
    text = file.read_text("utf-8")
    file.write_text(text.replace("\n## Prompts", f"\n## More\n{CODE}\n## Prompts"), "utf-8")
    script = """
import sys
from pathlib import Path
from mlcards.compile import compile_cards
compiled = compile_cards(Path(sys.argv[1]))
print(*(fields for _, fields in compiled.filled(compiled.notes)), sep="\\n")
"""
    html = run(mini, None, script)
    assert html.count('<span class="') > 20
    assert run(mini, library, script) == html


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a b</p>", "<p>a\nb</p>\n"),
        ('<p><span class="unbroken">(\\(x\\))</span></p>', "<p>(\\(x\\))</p>"),
        ("<ul>\n<li>a</li>\n</ul>", "<ul><li>a</li></ul>"),
        (
            '<pre class="code"><code><span class="k">if</span> x</code></pre>',
            "<pre><code>if x</code></pre>",
        ),
    ],
)
def test_how_it_is_laid_out_does_not_count(one: str, other: str) -> None:
    """A line broken elsewhere, a class or a span is no correction."""
    assert said(one) == said(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>a b</p>", "<p>ab</p>"),
        ("<p><b>a</b> b</p>", "<p><b>a</b>b</p>"),
        ("<p>a b</p>", "<p><em>a</em> b</p>"),
        ("<pre><code>if x:\n  y</code></pre>", "<pre><code>if x:\n    y</code></pre>"),
        ('<a href="https://a.org">a</a>', '<a href="https://b.org">a</a>'),
        ('<p>say class="a" &gt;</p>', '<p>say class="b" &gt;</p>'),
        ('<img class="figure" src="a.svg" alt="x">', '<img class="figure" src="b.svg" alt="x">'),
    ],
)
def test_what_a_note_says_counts(one: str, other: str) -> None:
    """Words, emphasis, indentation of code, addresses and pictures are what a note says."""
    assert said(one) != said(other)


def test_line_ends_of_a_checkout_change_nothing(
    mini: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `core.autocrlf=true` answers, lists and text pictures give the same package."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = built(mini, tmp_path / "first")
    for file in mini.rglob("*.*"):
        if file.is_file():
            file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert b"\r\n" in (mini / "ml-theory" / "bias-variance-curve.svg").read_bytes()
    assert built(mini, tmp_path / "second") == first
