"""Make the README's picture of a card: python tests/screenshot.py ID PICTURE.png."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from browser import by_night, chromium, show, sides

WIDTH, HEIGHT = 420, 860


def main(id: str, picture: Path) -> None:
    """Photograph the back of an answer's Explain card by day and, beside it, by night."""
    cards = Path(__file__).parents[1] / "cards"
    with tempfile.TemporaryDirectory() as name, sides(cards, Path(name)) as answers:
        folder = Path(name)
        with chromium() as browser:
            page = browser.new_page(
                viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=2
            )
            show(page, folder, answers[id][1:2], unfold=False)
            page.screenshot(path=folder / "day.png")
            by_night(page)
            page.screenshot(path=folder / "night.png")
            page.set_viewport_size({"width": 2 * WIDTH, "height": HEIGHT})
            pair = "".join(f'<img src="{side}.png" width={WIDTH}>' for side in ("day", "night"))
            (folder / "pair.html").write_text(f'<body style="margin:0;display:flex">{pair}')
            page.goto(f"file://{folder}/pair.html")
            page.screenshot(path=picture)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
