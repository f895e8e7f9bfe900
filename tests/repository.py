"""Call git as an author does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def git(*words: str, folder: Path = Path()) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", *identity, *words],
        cwd=folder,
        env={**os.environ, "GIT_COMMITTER_DATE": "1700000000 +0000"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
