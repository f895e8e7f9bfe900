"""Chromium, and cards shown in it as Anki's desktop shows them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anki_collection import collection, import_package
from anki_styles import anki_styles
from playwright.sync_api import Browser, Page, sync_playwright

from mlcards.authoring import mathjax
from mlcards.compile.folder import compile_cards
from mlcards.notes.selection import Selection
from mlcards.packages.build import build


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium, and stop it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    assert program, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"],
        )
        yield started
        started.close()


@contextmanager
def sides(cards: Path, folder: Path) -> Iterator[dict[str, list[str]]]:
    """Import all cards into the real Anki; yield the sides of each answer's cards, by its id.

    The addresses of pictures are made whole.
    """
    package = next(build(compile_cards(cards), Selection(), folder / "build"))
    with collection(folder / "learner") as learner:
        import_package(learner, package.file)
        media = f'src="file://{learner.media.dir()}/mlcards-'
        found: dict[str, list[str]] = {}
        for id in learner.find_cards("", order="c.due, c.ord"):
            card = learner.get_card(id)
            answer = card.note().guid.split("/")[1]
            for side in (card.question(), card.answer()):
                found.setdefault(answer, []).append(side.replace('src="mlcards-', media))
        yield found


def show(page: Page, folder: Path, shown: list[str], unfold: bool = True) -> None:
    """Show sides of cards below each other as Anki's desktop does."""
    scripts = mathjax.folder()
    assert scripts
    body = "".join(f'<div id="qa">{side}</div>' for side in shown)
    if unfold:
        body = body.replace("<details", "<details open")
    html = f"""<!doctype html><html><meta charset="utf-8">
    <style>{anki_styles()}</style>
    <script>MathJax = {json.dumps(mathjax.CONFIGURATION)}</script>
    <script src="file://{scripts}/tex-chtml-full.js"></script>
    <body class="card card1">{body}"""
    (folder / "card.html").write_text(html, "utf-8")
    page.goto(f"file://{folder}/card.html")
    page.evaluate("MathJax.startup.promise")


def by_night(page: Page) -> None:
    """Switch to Anki's night mode."""
    page.evaluate(
        "document.body.classList.add('nightMode', 'night_mode');"
        "document.documentElement.classList.add('night-mode')"
    )
