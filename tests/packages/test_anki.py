"""The real Anki imports what is built, and finds nothing to complain of."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from anki_collection import collection, import_package, note

from mlcards.compile.folder import Compiled, compile_cards
from mlcards.notes.selection import Selection
from mlcards.packages.build import Written, build

CARDS = Path(__file__).parents[2] / "cards"


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_cards(CARDS)


@pytest.fixture(scope="module")
def written(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> list[Written]:
    assert not compiled.problems
    return list(build(compiled, Selection(), tmp_path_factory.mktemp("build")))


def test_every_package_imports(written: list[Written], compiled: Compiled, tmp_path: Path) -> None:
    """Each package yields its notes, cards, decks, note types, tags and media, and no more."""
    tags = {tag for n in compiled.notes for tag in n.tags}
    assert len(written) == 1 + sum(
        tag.split("::")[1] in ("area", "company", "core") for tag in tags
    )
    for package in written:
        name = "-".join(package.file.parts[-2:])
        tag = compiled.catalog.settings.tag(*package.file.with_suffix("").parts[-2:])
        notes = [n for n in compiled.notes if tag in n.tags] or list(compiled.notes)
        with collection(tmp_path / name) as learner:
            log = import_package(learner, package.file)
            assert log == dict.fromkeys(log, 0) | {"new": len(notes)}
            assert learner.note_count() == package.notes == len(notes)
            assert learner.card_count() == package.cards == sum(len(n.cards) for n in notes)
            root = compiled.catalog.settings.deck
            decks = {deck.name for deck in learner.decks.all_names_and_ids()} - {"Default"}
            assert decks == {root, *(n.deck for n in notes)}
            types = {kind.name for kind in learner.models.all_names_and_ids()}
            assert {kind for kind in types if "ML Interview" in kind} == {
                f"ML Interview {n.kind.capitalize()}" for n in notes
            }
            assert set(learner.tags.all()) == {tag for n in notes for tag in n.tags}
            media = learner.media.check()
            assert not list(media.missing)
            assert not list(media.unused)
            assert set(Path(learner.media.dir()).iterdir()) == {
                Path(learner.media.dir(), file) for n in notes for file in n.media
            }
            problems, clean = learner.fix_integrity()
            assert clean, problems
            assert learner.get_empty_cards().report == ""


def test_every_card_renders(written: list[Written], compiled: Compiled, tmp_path: Path) -> None:
    """No card has an empty side, a template error, an unknown field or a lost deletion."""
    always = ("Question", "Short Answer", "Checklist", "Answer", "Text", "Sources", "File", "Area")
    with collection(tmp_path) as learner:
        import_package(learner, written[0].file)
        for id in learner.find_cards(""):
            card = learner.get_card(id)
            question, answer = card.question(), card.answer()
            for side in (question, answer):
                words = re.sub(r"<style>.*?</style>|<[^>]*>", "", side, flags=re.DOTALL)
                assert len(words.split()) > 3
                assert "{{" not in re.sub(
                    r"\\[(\[].*?\\[)\]]|<code>.*?</code>", "", side, flags=re.DOTALL
                )
                assert "mlcards" not in words or "mlcards" in card.note().values()[0]
            assert question != answer
            assert "</a>, (" not in answer  # a source cited with a note in parentheses only
            if "cloze" in card.note().note_type()["name"].lower():
                assert 'class="cloze"' in question
                assert "[...]" in question or 'data-cloze="' in question
            for name, value in card.note().items():
                assert value or name not in always, (card.note().guid, name)


def test_new_cards_come_in_curriculum_order(
    written: list[Written], compiled: Compiled, tmp_path: Path
) -> None:
    """Areas come in order, in each the core first; an Explain card comes before its prompts."""
    with collection(tmp_path) as learner:
        import_package(learner, written[0].file)
        rows = learner.db.all("select distinct due, guid from cards join notes on nid = notes.id")
    prefix = compiled.catalog.settings.name
    assert [guid for _, guid in sorted(rows)] == [f"{prefix}/{n.key}" for n in compiled.notes]
    assert [n.deck for n in compiled.notes] == sorted(n.deck for n in compiled.notes)
    places = [one.place for one in compiled.outlines]
    order = [(place.area, not place.is_core) for place in places]
    assert order == sorted(order)
    for first, second in zip(compiled.notes, compiled.notes[1:], strict=False):
        if second.kind != "explain":
            assert second.key.split("/")[0] == first.key.split("/")[0]


def test_company_package_then_all_and_back(
    written: list[Written], compiled: Compiled, tmp_path: Path
) -> None:
    """A company's notes are the same notes: no order of imports makes one twice."""
    whole, *parts = [package.file for package in written]
    with collection(tmp_path / "part-first") as learner:
        for file in (parts[-1], whole, parts[0]):
            import_package(learner, file)
        assert learner.note_count() == len(compiled.notes)
        empty = [
            d.name
            for d in learner.decks.all_names_and_ids(include_filtered=False)
            if d.name != "Default" and not learner.decks.cids(d.id, children=True)
        ]
        assert empty == []


def test_deck_description_names_license_commit_and_searches(
    written: list[Written], compiled: Compiled, tmp_path: Path
) -> None:
    """The description says what the deck is, and its searches find notes."""
    with collection(tmp_path) as learner:
        import_package(learner, written[0].file)
        text = learner.decks.by_name(compiled.catalog.settings.deck)["desc"]
        assert compiled.catalog.settings.license in text
        assert f"{len(compiled.notes)} notes" in text
        assert "commit" in text or "without git" in text
        searches = re.findall(r"tag:[a-z0-9:-]+", text)
        assert "tag:ml::company::amazon" in searches
        for search in searches:
            assert learner.find_notes(search)
        assert text.count("<br>") == 2


def test_hazards_survive_anki(mini: Path, tmp_path: Path) -> None:
    """What Anki interprets shows as written: braces, colons, [sound:…], a formula in a cloze."""
    file = mini / "ml-coding" / "auc.md"
    file.write_text(
        file.read_text("utf-8")
        + "\n### hazards\n"
        + "C: {{c1::$\\frac{a}{b_{c}}$}} {{c2::`{'a': {'b': 'x::y'}}`::hint}} \\[sound:a.mp3]\n\n"
        + "```python\nx = {'{{c3::': r'\\[x\\]'}\n```\n",
        "utf-8",
    )
    compiled = compile_cards(mini)
    assert not compiled.problems
    package = next(build(compiled, Selection(), tmp_path / "build"))
    with collection(tmp_path / "learner") as learner:
        import_package(learner, package.file)
        hazards = note(learner, "mini/auc/hazards")
        cards = hazards.cards()
        assert [card.ord for card in cards] == [0, 1]
        first, second = cards[0].answer(), cards[1].answer()
        assert r"\(\frac{a}{b_{c} }\)" in first
        assert "{'a': {'b': 'x::y'}}" in unescape(second)
        assert not cards[0].answer_av_tags()
        assert "[hint]" in cards[1].question()
        assert "{{c3::" in unescape(re.sub("<[^>]*>", "", first))


def test_a_part_of_a_formula_is_hidden(mini: Path, tmp_path: Path) -> None:
    """A deletion inside a formula shows as […] in it, and whole on the back; TeX ends none."""
    file = mini / "ml-coding" / "auc.md"
    formula = (
        r"$\hat w = {{c1::(X^\top X)^{-1}}} X^\top {{c2::y::target}}, a^{{{c3::\frac{1}{2}}}}$"
    )
    file.write_text(f"{file.read_text('utf-8')}\n### inside\nC: {formula}.\n", "utf-8")
    compiled = compile_cards(mini)
    assert not compiled.problems
    package = next(build(compiled, Selection(), tmp_path / "build"))
    with collection(tmp_path / "learner") as learner:
        import_package(learner, package.file)
        cards = note(learner, "mini/auc/inside").cards()
        fronts = [card.question().replace(" ", "") for card in cards]
        backs = {
            re.sub(r".*?\\\(|\\\).*", "", card.answer().replace(" ", ""), flags=re.S)
            for card in cards
        }
    assert r"\(\hatw=[...]X^\topy,a^{\frac{1}{2}}\)" in fronts[0]
    assert r"\(\hatw=(X^\topX)^{-1}X^\top[target],a^{\frac{1}{2}}\)" in fronts[1]
    assert r"\(\hatw=(X^\topX)^{-1}X^\topy,a^{[...]}\)" in fronts[2]
    assert backs == {r"\hatw=(X^\topX)^{-1}X^\topy,a^{\frac{1}{2}}"}
