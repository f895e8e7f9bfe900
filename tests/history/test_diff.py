"""`diff` reads packages that others may have made: whatever is in them, it says what is wrong."""

from __future__ import annotations

import io
import os
import re
import sqlite3
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlcards.cli import main
from mlcards.notes import notetypes

DAY = 86_400
START = int(time.time()) - 30 * DAY
AUC = Path("cards/ml-coding/auc.md")


def mlcards(*words: str, code: int = 0, at: int = START) -> str:
    result = CliRunner().invoke(main, words, env={"SOURCE_DATE_EPOCH": str(at)})
    assert result.exit_code == code, result.output + str(result.exception)
    return result.output


@pytest.fixture
def package(mini: Path) -> Path:
    """Return the package of the small library."""
    mlcards("build", "-o", "one")
    return Path("one/mini.apkg")


@contextmanager
def database(package: Path) -> Iterator[sqlite3.Connection]:
    """Open the database of a package, and put it back as `bad.apkg`."""
    with zipfile.ZipFile(package) as archive:
        archive.extract("collection.anki2")
    with closing(sqlite3.connect("collection.anki2")) as connection:
        yield connection
        connection.commit()
    with zipfile.ZipFile("bad.apkg", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write("collection.anki2")


VIEW = """
alter table notes rename to real;
create view notes as with recursive n(x) as (select 1 union all select x + 1 from n)
  select x as id, x as guid, mid, mod, tags, flds from n, real;
"""
VIRTUAL = "drop table cards; create virtual table cards using fts5(nid, did)"
COMPUTED = "alter table notes add column x generated always as (hex(zeroblob(1e9))) virtual"
DEEP = "update col set models = '" + '{"a":' * 100_000 + "'"
DAMAGE = {
    "models are a list": ("update col set models = '[]'", "its note types and decks cannot be read"),
    "a model is a number": ("update col set models = '{\"1\": 1}'", "its note types and decks cannot"),
    "deep JSON": (DEEP, "its note types and decks cannot be read"),
    "no row": ("delete from col", "its note types and decks cannot be read"),
    "null models": ("alter table col rename to c; create table col as select *, null as m from c; "
                    "update col set models = null", "its note types and decks cannot be read"),
    "a field is missing": ("update notes set flds = 'x'", "its notes cannot be read"),
    "bytes for text": ("update notes set flds = x'ff1f'", "its notes cannot be read"),
    "no UTF-8": ("update notes set tags = cast(x'ff' as text)", "its notes cannot be read"),
    "a guid of bytes": ("update notes set guid = x'00'", "its notes cannot be read"),
    "no cards": ("delete from cards", "its notes cannot be read"),
    "another type": ("update notes set mid = 1", "its notes cannot be read"),
    "an endless view": (VIEW, "its tables are not those of a package"),
    "a virtual table": (VIRTUAL, "its tables are not those of a package"),
    "a computed column": (COMPUTED, "its tables are not those of a package"),
    "no table": ("drop table notes", "its tables are not those of a package"),
}  # fmt: skip


@pytest.mark.parametrize(("script", "message"), DAMAGE.values(), ids=DAMAGE)
def test_a_hostile_database(package: Path, script: str, message: str) -> None:
    """One sentence, wrong use, and not more than a moment."""
    with database(package) as connection:
        connection.executescript(script)
    start = time.process_time()
    assert f"bad.apkg is damaged: {message}" in mlcards("diff", str(package), "bad.apkg", code=2)
    assert time.process_time() - start < 5


def test_fields_that_are_null(package: Path) -> None:
    """Fields need not be text where a table does not say so."""
    with database(package) as connection:
        connection.executescript(
            "create table n as select * from notes; drop table notes; "
            "alter table n rename to notes; update notes set flds = null"
        )
    assert "is damaged: its notes cannot be" in mlcards("diff", str(package), "bad.apkg", code=2)


def zipped(name: str, data: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def encrypted(data: bytes) -> bytes:
    """Set the bit of encryption in the list of members."""
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + bytes([data[at] | 1]) + data[at + 1 :]


def exported(data: bytes) -> bytes:
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("collection.anki21b", b"")
    return stream.getvalue()


HEAD = b"SQLite format 3\0"
ZIPS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda data: b"", "is no package that mlcards wrote"),
    "cut off": (lambda data: data[:2000], "is no package that mlcards wrote"),
    "other members": (lambda data: zipped("x", b""), "is no package that mlcards wrote"),
    "an empty database": (
        lambda data: zipped("collection.anki2", b""),
        "is damaged: its notes are no database",
    ),
    "exported by Anki": (exported, "is no package that mlcards wrote: Anki exported it"),
    "encrypted": (encrypted, "is encrypted"),
    "another method": (
        lambda data: zipped("collection.anki2", HEAD * 99, zipfile.ZIP_LZMA),
        "is packed in a way that mlcards does not use",
    ),
    "a bomb": (
        lambda data: zipped("collection.anki2", HEAD + bytes(50_000_000)),
        "is damaged: ",
    ),
    "only a head": (
        lambda data: zipped("collection.anki2", HEAD * 99),
        "is damaged: its tables are not those of a package",
    ),
    "damaged inside": (lambda data: data[:300] + bytes(90) + data[390:], "is damaged"),
}


@pytest.mark.parametrize(("change", "message"), ZIPS.values(), ids=ZIPS)
def test_an_odd_zip(package: Path, change: Callable[[bytes], bytes], message: str) -> None:
    """What is no package of ours is said so, before it fills a disk."""
    Path("bad.apkg").write_bytes(change(package.read_bytes()))
    assert f"bad.apkg {message}" in mlcards("diff", "bad.apkg", str(package), code=2)


def test_what_is_no_file_is_not_waited_for(package: Path) -> None:
    """A pipe would never end."""
    os.mkfifo("pipe")
    assert "pipe is no file" in mlcards("diff", "pipe", str(package), code=2)


@pytest.mark.parametrize(
    "text", ["{{c1::" * 20_000, "{{c1::a}}" * 20_000, "{{c1::" * 9_000 + "}}" * 9_000]
)
def test_many_deletions_take_no_time(package: Path, text: str) -> None:
    """Open or nested deletions are read as Anki reads them, up to ten in one another."""
    with database(package) as connection:
        guid = "mini/bias-variance/decomposition"
        ((fields,),) = connection.execute("select flds from notes where guid = ?", (guid,))
        fields = "\x1f".join([text, *fields.split("\x1f")[1:]])
        connection.execute("update notes set flds = ? where guid = ?", (fields, guid))
    start = time.process_time()
    assert "1 changed" in mlcards("diff", str(package), "bad.apkg")
    assert time.process_time() - start < 3


def test_many_changed_lines_take_no_time(package: Path) -> None:
    """Fields of many lines are shown, not compared line by line."""
    with database(package) as connection:
        for side in ("a", "b"):
            lines = "<br>".join(f"{side} {i * 7919 % 1000}" for i in range(20_000))
            connection.execute(
                "update notes set flds = ? || substr(flds, instr(flds, x'1f'))", (lines,)
            )
            connection.commit()
            with zipfile.ZipFile(f"{side}.apkg", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write("collection.anki2")
    start = time.process_time()
    assert "5 changed" in mlcards("diff", "a.apkg", "b.apkg")
    assert time.process_time() - start < 10


def test_control_characters_do_not_reach_the_terminal(package: Path) -> None:
    """A package cannot color or rewrite what the terminal shows."""
    with database(package) as connection:
        connection.execute("update notes set guid = guid || ? ", ("\x1b[2J\u202e",))
        connection.execute("update notes set tags = tags || ?", (" \x1b[31m ",))
    output = mlcards("diff", str(package), "bad.apkg", code=1)
    assert "\ufffd[2J" in output
    assert not re.search("[\x1b\u202e]", output)


def test_a_full_temporary_folder(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space to unpack is said in one sentence, for packages and for folders."""

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tempfile.mkdtemp", full)
        for old, new in ((str(package), "cards"), (str(package), str(package))):
            output = mlcards("diff", old, new, code=1)
            assert "cannot be compared: No space left on device; make room in" in output


def test_it_says_when_the_style_differs(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new style sheet replaces that of learners, which `diff` says."""
    changed = {
        kind: replace(one, css=one.css + ".new { color: red }")
        for kind, one in notetypes.note_types().items()
    }
    for module in ("notes.draft", "history.record", "packages.apkg"):
        module_there = sys.modules[f"mlcards.{module}"]
        monkeypatch.setattr(module_there, "note_types", lambda: changed)
    output = mlcards("diff", str(package), at=START + DAY)
    assert "the style or the templates of «Mini Interview Cloze» differ; NEW's replaces" in output
    mlcards("build", "-o", "two", at=START + DAY)
    output = mlcards("diff", "two/mini.apkg", str(package), "--markdown")
    assert "«Mini Interview Cloze» differ; NEW's is not newer, so Anki keeps OLD's" in output
    assert "NEW is older than OLD; did you mean it the other way round?" in output


def test_it_says_when_new_is_older(mini: Path) -> None:
    """Anki keeps the newer text of each note."""
    mlcards("release", "1.0.0", "-o", "one")
    text = AUC.read_text("utf-8")
    AUC.write_text(text.replace("A: One half.", "A: Exactly one half."), "utf-8")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    output = mlcards("diff", "two/mini.apkg", "one/mini.apkg")
    assert "NEW is older than OLD; did you mean it the other way round?" in output
    assert "Anki keeps OLD's text of 1 of the changed notes: NEW's is not newer" in output
    assert "older" not in mlcards("diff", "one/mini.apkg", "two/mini.apkg")
    assert "older" not in mlcards("diff", "two/mini.apkg", "two/company/meta.apkg", code=1)


def test_a_deletion_with_an_endless_number_is_an_error(mini: Path) -> None:
    """Python reads no number of 5,000 digits; the message is that of any wrong number."""
    text = AUC.read_text("utf-8")
    for number in ("9" * 5000, "1,2", "٣", "0"):
        AUC.write_text(f"{text}\n### x\nC: A {{{{c{number}::b}}}}.\n", "utf-8")
        assert "[cloze]" in mlcards("check", code=1)
