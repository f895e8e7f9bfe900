"""The style sheets of Anki's desktop, from its wheel, which unpacks without Qt."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

KEPT = Path(__file__).parents[1] / "build"


@cache
def anki_styles() -> str:
    """Return what the reviewer's page loads, for the Anki that is installed."""
    kept = KEPT / f".anki-{version('anki')}.css"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder]
            subprocess.run([*pip, f"aqt=={version('anki')}"], check=True, capture_output=True)
            (wheel,) = Path(folder).iterdir()
            with zipfile.ZipFile(wheel) as files:
                names = ("webview", "reviewer")
                sheets = [files.read(f"_aqt/data/web/css/{name}.css") for name in names]
        kept.write_bytes(b"\n".join(sheets))
    return kept.read_text("utf-8")
