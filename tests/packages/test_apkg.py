from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from golden import DATA
from packages_of import built

from mlcards.notes.notetypes import note_types

SCHEMA = json.loads((DATA / "schema.json").read_text("utf-8"))


def database(data: bytes, folder: Path) -> sqlite3.Connection:
    (folder / "x.apkg").write_bytes(data)
    with zipfile.ZipFile(folder / "x.apkg") as archive:
        archive.extract("collection.anki2", folder)
    return sqlite3.connect(folder / "collection.anki2")


def test_same_content_same_bytes(mini: Path, tmp_path: Path) -> None:
    """Another folder, time zone, locale and hash seed give the same packages."""
    first = built(mini, tmp_path / "first")
    shutil.copytree(mini, tmp_path / "elsewhere" / "cards", copy_function=shutil.copy2)
    command = [sys.executable, "-m", "mlcards", "build", "cards"]
    for seed, zone, locale in (("1", "Asia/Tokyo", "C"), ("2", "America/Lima", "tr_TR.UTF-8")):
        shutil.rmtree(tmp_path / "elsewhere" / "build", ignore_errors=True)
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
        subprocess.run(
            command, cwd=tmp_path / "elsewhere", env={**os.environ, **environment}, check=True
        )
        output = tmp_path / "elsewhere" / "build"
        again = {str(f.relative_to(output)): f.read_bytes() for f in output.rglob("*.apkg")}
        assert again == first


def test_identity_is_frozen(mini: Path, tmp_path: Path) -> None:
    """Ids and names of note types, fields and templates, deck names and guids are as released.

    They must not drift: Anki would make twins of the note types and refuse every update, or
    add each note a second time, and learners would start again from nothing.
    """
    data = built(mini, tmp_path / "build")["mini.apkg"]
    connection = database(data, tmp_path)
    decks = json.loads(connection.execute("select decks from col").fetchone()[0])
    assert sorted(deck["name"] for deck in decks.values()) == SCHEMA["decks"]
    guids = [guid for (guid,) in connection.execute("select guid from notes order by guid")]
    assert guids == SCHEMA["guids"]
    models = json.loads(connection.execute("select models from col").fetchone()[0])
    written = {
        model["name"]: {
            "id": model["id"],
            "fields": [[field["name"], field["id"]] for field in model["flds"]],
            "template": [[one["name"], one["id"]] for one in model["tmpls"]],
        }
        for model in models.values()
    }
    assert written == SCHEMA["note types"]
    connection.close()


def test_same_note_everywhere(mini: Path, tmp_path: Path) -> None:
    """All packages carry a note with the same fields, tags and time, and no guid twice."""
    seen: dict[str, tuple[object, ...]] = {}
    for data in built(mini, tmp_path / "build").values():
        connection = database(data, tmp_path)
        rows = connection.execute("select guid, id, mid, mod, tags, flds from notes").fetchall()
        connection.close()
        assert len({row[0] for row in rows}) == len(rows)
        for guid, *rest in rows:
            assert seen.setdefault(guid, tuple(rest)) == tuple(rest)


def test_templates_have_no_script_and_no_outside_resource() -> None:
    """Cards work offline and without JavaScript; each note type keeps three reserve fields."""
    for one in note_types().values():
        for text in (one.front, one.back, one.css):
            found = re.findall(r"<script|javascript:|https?:|url\(|@import|\bon[a-z]+=", text)
            assert not found, one.kind
        assert sum(part.name.startswith("Reserve") for part in one.fields) == 3


@pytest.mark.parametrize("kind", ["explain", "prompt", "cloze"])
def test_templates_use_every_field(kind: str) -> None:
    """Each field that is not a reserve shows on a card; no template names an unknown field."""
    one = note_types()[kind]
    used = set(re.findall(r"\{\{[#/^]?(?:cloze:)?([^}]+)\}\}", one.front + one.back))
    assert used == {part.name for part in one.fields if not part.name.startswith("Reserve")}
