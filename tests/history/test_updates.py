"""A learner studies one release after the other in the real Anki, and loses nothing."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection
from anki_collection import collection, import_package, note
from click.testing import CliRunner

from mlcards.cli import main
from mlcards.history.diff import _line_changes
from mlcards.notes import notetypes

DAY = 86_400
START = int(time.time()) - 30 * DAY
THEORY = Path("cards/ml-theory/bias-variance.md")
AUC = Path("cards/ml-coding/auc.md")


def mlcards(*words: str, at: int = START, code: int = 0) -> str:
    """Run a command at a time, and expect its exit code."""
    result = CliRunner().invoke(main, words, env={"SOURCE_DATE_EPOCH": str(at)})
    assert result.exit_code == code, result.output
    return result.output


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def learner(mini: Path, tmp_path: Path) -> Iterator[Collection]:
    """Return the collection of a learner who has imported release 1.0.0."""
    mlcards("release", "1.0.0", "-o", "one")
    with collection(tmp_path / "learner") as opened:
        log = import_package(opened, Path("one/mini.apkg"))
        assert log["new"] == 5
        yield opened


def study(learner: Collection) -> None:
    """Answer every new card Good with the real scheduler."""
    learner.decks.select(learner.decks.id_for_name("Mini Interview"))
    while card := learner.sched.getCard():
        learner.sched.answerCard(card, 4)


def scheduling(learner: Collection) -> dict[tuple[str, int], Any]:
    rows = learner.db.all(
        "select guid, ord, type, queue, due, ivl, factor, reps, lapses, cards.flags, did "
        "from cards join notes on nid = notes.id"
    )
    return {(guid, ord): tuple(rest) for guid, ord, *rest in rows}


def log(learner: Collection) -> list[Any]:
    return list(learner.db.all("select * from revlog order by id"))


def past(learner: Collection, when: int) -> None:
    """Let what the learner has just done (imported, edited) have happened at a time."""
    recent = int(time.time()) - DAY // 2
    learner.db.execute("update notes set mod = ? where mod > ?", when, recent)
    learner.db.execute("update notetypes set mtime_secs = ? where mtime_secs > ?", when, recent)


def type_names(learner: Collection) -> set[str]:
    return {
        kind.name for kind in learner.models.all_names_and_ids() if "Mini Interview" in kind.name
    }


def test_three_releases(learner: Collection) -> None:
    """Corrections arrive; scheduling, and tags and edits on what did not change, stay."""
    study(learner)
    edited, tagged = (
        note(learner, "mini/auc/ties"),
        note(learner, "mini/bias-variance/bagging-lowers"),
    )
    edited["Answer"] += " My own words."
    learner.update_note(edited)
    tagged.add_tag("mine")
    learner.update_note(tagged)
    cloze = note(learner, "mini/bias-variance/decomposition")
    learner.sched.suspend_cards([cloze.cards()[1].id])
    learner.set_user_flag_for_cards(3, [cloze.cards()[2].id])
    before, reviews = scheduling(learner), log(learner)
    past(learner, START + 10 * DAY)

    edit(THEORY, "What is the bias–variance trade-off?", "Explain the bias–variance trade-off.")
    edit(THEORY, "follows the noise.", "follows the noise of its sample.")
    edit(THEORY, "## Prompts\n", "## Prompts\n\n### new-first\nQ: New?\nA: Yes.\n")
    mlcards("release", "1.1.0", "-o", "two", at=START + 20 * DAY)
    found = import_package(learner, Path("two/mini.apkg"))
    # The Explain note, its two prompts and the related answer, which name the reworded question.
    assert (found["new"], found["updated"], found["duplicate"]) == (1, 4, 1)
    after = scheduling(learner)
    assert {key: after[key] for key in before} == before
    assert log(learner) == reviews
    explain = note(learner, "mini/bias-variance")
    assert explain["Question"] == "Explain the bias–variance trade-off."
    assert "of its sample" in explain["Short Answer"]
    assert note(learner, "mini/auc/ties")["Answer"].endswith("My own words.")

    tagged = note(learner, "mini/auc")
    tagged.add_tag("mine")
    learner.update_note(tagged)
    past(learner, START + 25 * DAY)
    edit(THEORY, "A: The variance.", "A: The variance; the bias stays about the same.")
    edit(THEORY, "### new-first\nQ: New?\nA: Yes.\n", "")
    edit(THEORY, "### bagging-lowers\n", "### bagging-lowers\nretired: new-first\n")
    edit(THEORY, "### decomposition", "### new-first\nQ: New?\nA: Yes, still.\n\n### decomposition")
    mlcards("release", "1.2.0", "-o", "three", at=START + 29 * DAY)
    found = import_package(learner, Path("three/mini.apkg"))
    assert (found["new"], found["conflicting"]) == (0, 0)
    after = scheduling(learner)
    assert {key: after[key] for key in before} == before
    assert note(learner, "mini/bias-variance/new-first")["Answer"] == "<p>Yes, still.</p>"
    assert note(learner, "mini/auc").has_tag("mine")
    assert note(learner, "mini/auc/ties")["Answer"].endswith("My own words.")
    retired = note(learner, "mini/bias-variance/bagging-lowers")
    assert retired["Notice"].startswith("<b>Retired:</b> ")
    assert retired["Notice"] in retired.cards()[0].question()
    assert list(learner.find_notes("tag:mini::retired")) == [retired.id]
    assert type_names(learner) == {
        "Mini Interview Explain",
        "Mini Interview Prompt",
        "Mini Interview Cloze",
    }


def test_a_correction_beats_an_earlier_edit(learner: Collection) -> None:
    """What was committed before a learner's edit but released after it arrives all the same."""
    edit(AUC, "A: One half.", "A: Exactly one half.")
    own = note(learner, "mini/auc/ties")
    own["Answer"] = "mine"
    learner.update_note(own)
    past(learner, START + 10 * DAY)
    mlcards("release", "1.1.0", "-o", "two", at=START + 20 * DAY)
    import_package(learner, Path("two/mini.apkg"))
    assert note(learner, "mini/auc/ties")["Answer"] == "<p>Exactly one half.</p>"


def test_what_the_readme_tells_learners(learner: Collection, tmp_path: Path) -> None:
    """Deleted notes come back, renamed decks come back empty, an old package takes nothing back."""
    deck = learner.decks.id_for_name("Mini Interview::2 ML Theory")
    learner.decks.rename(deck, "Mine")
    learner.remove_notes([note(learner, "mini/auc/ties").id])
    edit(THEORY, "A: The variance.", "A: The variance only.")
    edit(THEORY, "## Prompts\n", "## Prompts\n\n### new-first\nQ: New?\nA: Yes.\n")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    assert import_package(learner, Path("two/mini.apkg"))["new"] == 2
    assert learner.decks.id_for_name("Mine") == deck
    decks = {
        kind: note(learner, f"mini/bias-variance{kind}").cards()[0].did
        for kind in ("", "/new-first")
    }
    assert decks[""] == deck
    assert decks["/new-first"] == learner.decks.id_for_name("Mini Interview::2 ML Theory")
    found = import_package(learner, Path("one/mini.apkg"))
    assert (found["new"], found["updated"]) == (0, 0)
    corrected = note(learner, "mini/bias-variance/bagging-lowers")
    assert corrected["Answer"] == "<p>The variance only.</p>"


def test_a_field_of_ones_own_stops_corrections(learner: Collection) -> None:
    """As the README says: a twin of the note type appears, and old notes are corrected no longer."""
    kind = learner.models.by_name("Mini Interview Prompt")
    assert kind
    learner.models.add_field(kind, learner.models.new_field("Mine"))
    learner.models.update_dict(kind)
    edit(AUC, "A: One half.", "A: Exactly one half.")
    edit(THEORY, "## Prompts\n", "## Prompts\n\n### new-first\nQ: New?\nA: Yes.\n")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    found = import_package(learner, Path("two/mini.apkg"))
    assert found["conflicting"] > 0
    assert note(learner, "mini/auc/ties")["Answer"] == "<p>One half.</p>"
    assert "Mini Interview Prompt+" in type_names(learner)


def test_moved_to_another_area(learner: Collection) -> None:
    """A file that moves keeps its notes, cards, scheduling and deck."""
    study(learner)
    before = scheduling(learner)
    shutil.move(AUC, "cards/ml-theory/auc.md")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    found = import_package(learner, Path("two/mini.apkg"))
    assert (found["new"], found["updated"]) == (0, 3)
    assert scheduling(learner) == before
    assert "mini::area::ml-theory" in note(learner, "mini/auc").tags


def test_a_renamed_file_is_refused_until_the_old_key_is_retired(learner: Collection) -> None:
    """A stem that changes would make new notes; `check` and `release` say to undo it first."""
    shutil.copy(AUC, "old.md")
    shutil.move(AUC, "cards/ml-coding/roc-auc.md")
    edit(THEORY, "related: [auc]", "related: [roc-auc]")
    output = mlcards("release", "1.1.0", at=START + DAY, code=1)
    assert "cards/ml-coding/roc-auc.md:10:3: this was released as `auc` and learners" in output
    assert "undo the rename: call it `auc.md` again, or, if it is something else, bring" in output
    edit(THEORY, "related: [roc-auc]", "related: [auc]")
    assert mlcards("check", code=1).count(" 1 error") == 1
    shutil.move("old.md", AUC)
    edit(AUC, "related:", "retired: roc-auc\nrelated:")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    import_package(learner, Path("two/mini.apkg"))
    notice = note(learner, "mini/auc")["Notice"]
    assert re.fullmatch(r'<b>Retired:</b> see <a href="[^"]*roc-auc.md">Write AUC.*</a>', notice)
    assert learner.note_count() == 7
    section = Path("CHANGELOG.md").read_text("utf-8")
    assert "### Retired" in section
    assert "search `tag:mini::retired` and suspend" in section


def test_a_removed_prompt_is_refused(learner: Collection) -> None:
    """A prompt that vanishes is an error of `check` at the record's line."""
    prompt = (
        "### bagging-lowers\nQ: Which part of the error does bagging lower?\nA: The variance.\n"
    )
    edit(THEORY, prompt, "")
    output = mlcards("check", code=1)
    assert "bring back its prompt `### bagging-lowers` and write `retired:" in output
    assert "[vanished]" in output


def test_renumbered_deletions_are_refused(learner: Collection) -> None:
    """Anki keeps progress by number, so what a deletion hid may not turn up under another."""
    edit(THEORY, "{{c2::squared bias::not its root}} + {{c3::variance}}", "{{c2::variance}}")
    assert "what `c3` of `bias-variance/decomposition` hid is `c2` now" in (
        output := mlcards("check", code=1)
    )
    assert "[renumbered]" in output
    mlcards("build", "-o", "two", at=START + DAY, code=1)


def test_diff_sees_renumbered_deletions(learner: Collection) -> None:
    """Two deletions that change places are a loss."""
    Path("cards/released.txt").unlink()
    edit(THEORY, "{{c2::squared bias::not its root}} + {{c3::", "{{c3::squared bias}} + {{c2::")
    output = mlcards("diff", "one/mini.apkg", code=1, at=START + DAY)
    assert "LOSS: `c2` of `mini/bias-variance/decomposition` is `c3` now" in output
    assert "LOSS: `c3` of `mini/bias-variance/decomposition` is `c2` now" in output


def test_a_prompt_retired_for_another(learner: Collection) -> None:
    """The retired card names the new question; a mistyped id is refused; it is news only once."""
    prompt = "### bagging-lowers\nQ: Which part of the error does bagging lower?\n"
    new = "### bagging\nQ: What does bagging lower?\nA: The variance.\n\n"
    edit(THEORY, prompt, f"{new}{prompt}retired: baging\n")
    assert "there is no answer or prompt `baging`; did you mean" in mlcards("check", code=1)
    edit(THEORY, "retired: baging", "retired: bagging")
    edit(Path("CHANGELOG.md"), "## Unreleased\n", "## Unreleased\n\n- By hand.\n")
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    import_package(learner, Path("two/mini.apkg"))
    notice = note(learner, "mini/bias-variance/bagging-lowers")["Notice"]
    assert notice == "<b>Retired:</b> see «What does bagging lower?»"
    section = Path("CHANGELOG.md").read_text("utf-8").split("\n## ")[2]
    assert section.index("- By hand.") < section.index("### Added") < section.index("### Retired")
    assert "| 2 answers | 5 notes," in mlcards("list", "--coverage")
    edit(THEORY, "tags: [bias, variance]", "tags: [bias]")
    mlcards("release", "1.2.0", "-o", "three", at=START + 2 * DAY)
    section = Path("CHANGELOG.md").read_text("utf-8").split("\n## ")[2]
    assert "### Corrected" in section
    assert "### Retired" not in section


def test_an_answer_named_like_a_note_type(mini: Path, tmp_path: Path) -> None:
    """An answer may be called `prompt`; its corrections arrive like all others."""
    shutil.copy(AUC, "cards/ml-coding/prompt.md")
    mlcards("release", "1.0.0", "-o", "one")
    with collection(tmp_path / "learner") as learner:
        import_package(learner, Path("one/mini.apkg"))
        edit(Path("cards/ml-coding/prompt.md"), "AUC is the share", "AUC is that share")
        mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
        assert import_package(learner, Path("two/mini.apkg"))["updated"] == 1
        assert "that share" in note(learner, "mini/prompt")["Short Answer"]


def test_a_prompt_that_becomes_a_cloze_is_refused(learner: Collection) -> None:
    """Anki would refuse the update for ever, so the old key must be retired."""
    edit(
        AUC, "Q: What does a tied pair count in AUC?\nA: One half.", "C: A tie counts {{c1::half}}."
    )
    output = mlcards("check", code=1)
    assert "`auc/ties` was released as prompt and is cloze now" in output


def test_a_renamed_library_or_a_lost_record_is_refused(learner: Collection) -> None:
    """Either would give each learner a second copy of every note, or lose all edits."""
    edit(Path("cards/library.yaml"), "name: mini", "name: other")
    output = mlcards("release", "1.1.0", at=START + DAY, code=1)
    assert "`name: mini` begins the guid of every released note; undo the change" in output
    edit(Path("cards/library.yaml"), "name: other", "name: mini")
    Path("cards/released.txt").unlink()
    output = mlcards("release", "1.1.0", at=START + DAY, code=1)
    assert "released.txt is missing, but CHANGELOG.md names 1.0.0; restore it" in output


def test_a_release_that_died_before_its_record_can_be_made_again(learner: Collection) -> None:
    """The record is written last; the same version again completes it, with one section."""
    record = Path("cards/released.txt")
    before, changelog = record.read_bytes(), Path("CHANGELOG.md").read_bytes()
    record.unlink()
    mlcards("release", "1.0.0")
    assert record.read_bytes() == before
    assert Path("CHANGELOG.md").read_bytes() == changelog


def test_css_and_picture_change(learner: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new style sheet and a new picture arrive without a twin of anything."""
    Path("cards/ml-theory/bias-variance-curve.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', "utf-8"
    )
    changed = {
        kind: replace(one, css=one.css + ".new { color: red }")
        for kind, one in notetypes.note_types().items()
    }
    for module in ("notes.draft", "history.record", "packages.apkg"):
        module_there = sys.modules[f"mlcards.{module}"]
        monkeypatch.setattr(module_there, "note_types", lambda: changed)
    mlcards("release", "1.1.0", "-o", "two", at=START + DAY)
    found = import_package(learner, Path("two/mini.apkg"))
    assert (found["new"], found["updated"], found["duplicate"]) == (0, 1, 4)
    for card in map(learner.get_card, learner.find_cards("")):
        assert card.render_output().css.endswith(".new { color: red }")
    assert len(type_names(learner)) == 3
    media = learner.media.check()
    assert not list(media.missing)
    assert len(list(media.unused)) == 1


def test_area_then_company_package_and_the_reverse(learner: Collection, tmp_path: Path) -> None:
    """Packages overlap without harm, in any order."""
    parts = ["area/ml-coding", "company/amazon", "company/meta", "area/ml-theory"]
    for order in (parts, parts[::-1]):
        with collection(tmp_path / order[0].replace("/", "-")) as other:
            logs = [import_package(other, Path(f"one/{part}.apkg")) for part in order]
            assert sum(one["new"] for one in logs) == other.note_count() == 5
            assert {deck.name for deck in other.decks.all_names_and_ids()} == {
                "Default",
                "Mini Interview",
                "Mini Interview::1 ML Coding",
                "Mini Interview::2 ML Theory",
            }


def test_times(learner: Collection) -> None:
    """Unchanged notes keep their time, changed ones get a later one, however old the build."""

    def times(file: str) -> dict[str, int]:
        with collection(Path(file).parent / "c") as other:
            import_package(other, Path(file))
            return dict(other.db.all("select guid, mod from notes"))

    assert set(times("one/mini.apkg").values()) == {START}
    edit(AUC, "A: One half.", "A: Exactly one half.")
    mlcards("build", "-o", "later", at=START + DAY)
    later = times("later/mini.apkg")
    assert later.pop("mini/auc/ties") == START + DAY
    assert set(later.values()) == {START}
    mlcards("build", "-o", "earlier", at=START - DAY)
    assert times("earlier/mini.apkg")["mini/auc/ties"] == START + 1


def test_a_time_in_the_future_is_refused(mini: Path) -> None:
    """Anki could not be updated for as long; the command says what is wrong."""
    output = mlcards("build", at=int(time.time()) + DAY, code=1)
    assert "is not a second between 1970 and now" in output
    assert not list(Path("build").glob("*.apkg"))
    os.utime(AUC, (time.time() + DAY, time.time() + DAY))
    result = CliRunner().invoke(main, ["build"], env={"SOURCE_DATE_EPOCH": None})
    assert result.exit_code == 1
    assert "the time of the newest file lies in the future; set the clock right" in result.output


def test_release_refuses_what_would_cost_learners(learner: Collection) -> None:
    """A renamed area, a changed schema or a lower version stops the release; nothing is written."""
    before = {f: f.read_bytes() for f in (Path("cards/released.txt"), Path("CHANGELOG.md"))}
    edit(Path("cards/taxonomy.yaml"), "{name: ML Theory}", "{name: Theory}")
    text = Path("cards/released.txt").read_text("utf-8")
    text = re.sub("(notetype cloze )[0-9a-f]{4}", r"\1dead", text)
    Path("cards/released.txt").write_text(text, "utf-8")
    before[Path("cards/released.txt")] = Path("cards/released.txt").read_bytes()
    output = mlcards("release", "1.0.0", "-o", "two", at=START + DAY, code=1)
    assert "the deck «Mini Interview::2 ML Theory» is no longer there" in output
    assert "fields or templates of note type cloze changed" in output
    assert {file: file.read_bytes() for file in before} == before
    assert not Path("two").exists()


def test_a_damaged_record_is_an_error(learner: Collection) -> None:
    """Without its record a build would reset every time, so it does not guess."""
    text = Path("cards/released.txt").read_text("utf-8")
    Path("cards/released.txt").write_text(text.replace(f" {START}\n", " ²\n", 1), "utf-8")
    output = mlcards("build", code=1)
    assert "this line is damaged; restore the file from the last release [record]" in output


def test_diff_shows_lines_that_look_like_its_own_signs() -> None:
    """A line of code that begins with dashes or plus signs is shown like any other."""
    lines = list(_line_changes("<pre>-- old\n@@ a</pre>", "<pre>++ new\n@@ b</pre>"))
    assert lines == ["- -- old", "- @@ a", "+ ++ new", "+ @@ b"]


def test_diff(learner: Collection) -> None:
    """`diff` says what an import does; the exit code is 1 only where a learner would lose."""
    assert (
        mlcards("diff", "one/mini.apkg") == "0 added, 0 changed, 5 unchanged, 0 gone, 0 retired\n"
    )
    edit(THEORY, "A: The variance.", "A: The variance only.")
    edit(THEORY, "tags: [bias, variance]", "tags: [bias]")
    output = mlcards("diff", "one/mini.apkg", "cards", at=START + DAY)
    assert "changed  mini/bias-variance/bagging-lowers" in output
    assert "- The variance.\n" in output
    assert "+ The variance only.\n" in output
    assert "- tag mini::concept::variance" in output
    assert "+ The variance only." in mlcards("diff", "one/mini.apkg", "--markdown", at=START + DAY)
    mlcards("build", "--tag", "meta", "-o", "part.apkg", at=START + DAY)
    output = mlcards("diff", "one/mini.apkg", "part.apkg", "--json", code=1)
    assert '"gone": [\n    "mini/auc",\n    "mini/auc/ties"\n  ]' in output
    assert "`mini/auc` has vanished without being retired" in output
    edit(Path("cards/taxonomy.yaml"), "{name: ML Theory}", "{name: Theory}")
    Path("cards/released.txt").unlink()
    output = mlcards("diff", "one/mini.apkg", code=1, at=START + DAY)
    assert (
        "LOSS: the deck «Mini Interview::2 ML Theory» is now «Mini Interview::2 Theory»" in output
    )
    data = bytearray(Path("part.apkg").read_bytes())
    data[200:260] = bytes(60)
    Path("part.apkg").write_bytes(data)
    assert "is damaged" in mlcards("diff", "part.apkg", code=2)
    assert mlcards("diff", "cards/taxonomy.yaml", code=2).count("is no package that mlcards wrote")
