"""Measure the preview: from saving an answer to its card in the browser."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

WAIT = """([word, formulas]) => new Promise(resolve => {
  let shown;
  const look = () => {
    if (!shown && document.querySelector('h1')?.textContent.includes(word)) shown = Date.now();
    if (shown && document.querySelectorAll('mjx-container').length >= formulas) {
      resolve([shown, Date.now()]);
      watch.disconnect();
    }
  };
  const watch = new MutationObserver(look);
  watch.observe(document, {childList: true, subtree: true});
})"""


def save_to_card(program: str, folder: Path, runs: int) -> tuple[float, float]:
    """Return the median seconds until the card shows an edit, and until its formulas are typeset.

    ``folder`` holds the cards; the card is the Explain card with the most formulas.
    """
    files = (folder / "cards").glob("*/*.md")
    file = max(files, key=lambda file: file.read_text("utf-8").count("$"))
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    command = [program, "preview", "--no-browse", "--port", "0"]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    address = server.stdout.readline().split()[0]
    times = []
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"{address}#{file.stem}")
            page.locator("#question").wait_for()
            page.keyboard.press("Space")
            card = page.query_selector("#answer").content_frame()
            card.wait_for_selector("mjx-container", state="attached")
            for run in range(runs):
                page.wait_for_timeout(1000)
                word = f"Edit{run}"
                formulas = card.locator("mjx-container").count()
                text = file.read_text("utf-8")
                text = re.sub(r"^(# .*?)( Edit\d+)?$", rf"\1 {word}", text, count=1, flags=re.M)
                waiting = card.evaluate_handle(f"window.edited = ({WAIT})({[word, formulas]}); 0")
                waiting.dispose()
                start = time.time()
                file.write_text(text, "utf-8")
                times.append([at / 1000 - start for at in card.evaluate("window.edited")])
            browser.close()
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
    shown, typeset = zip(*times, strict=True)
    return statistics.median(shown), statistics.median(typeset)
