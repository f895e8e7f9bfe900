from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from golden import DATA


@pytest.fixture
def mini(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the small library as `cards` in an empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own-cache"))
    shutil.copytree(DATA / "library", tmp_path / "cards")
    return Path("cards")
