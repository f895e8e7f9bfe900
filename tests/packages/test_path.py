"""Three weeks with the real Anki: what a learner sees who imports a package and studies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from anki.collection import Collection, ImportAnkiPackageOptions, ImportAnkiPackageRequest
from anki.scheduler.v3 import CardAnswer
from anki_collection import collection, import_package

from mlcards.compile import Compiled, compile_cards
from mlcards.notes import Selection
from mlcards.packages import build

CARDS = Path(__file__).parents[2] / "cards"
DAY = 86_400


@dataclass
class Studied:
    """What came on the days of study."""

    new: list[list[str]] = field(default_factory=list)
    """The guids of each day's new cards, in order."""
    answered: list[int] = field(default_factory=list)
    """How many cards were answered each day."""


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_cards(CARDS)


@pytest.fixture(scope="module")
def packages(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    written = build(compiled, Selection(), tmp_path_factory.mktemp("build"))
    return {package.file.stem: package.file for package in written}


def study(file: Path, folder: Path, days: int) -> Studied:
    """Import a package as Anki does by default; answer Good to all that comes, day by day."""
    studied = Studied()
    with collection(folder) as learner:
        import_package(learner, file)
    for _ in range(days):
        with collection(folder) as learner:
            root = next(
                d
                for d in learner.decks.all_names_and_ids()
                if "::" not in d.name and d.name != "Default"
            )
            learner.decks.set_current(root.id)
            new: list[str] = []
            number = 0
            while queued := learner.sched.get_queued_cards(fetch_limit=1).cards:
                card = learner.get_card(queued[0].card.id)
                if card.type == 0:
                    new.append(card.note().guid)
                card.start_timer()
                learner.sched.answer_card(
                    learner.sched.build_answer(
                        card=card, states=queued[0].states, rating=CardAnswer.GOOD
                    )
                )
                number += 1
            studied.new.append(new)
            studied.answered.append(number)
            assert learner.db
            learner.db.execute("update col set crt = crt - ?", DAY)
    return studied


def check(studied: Studied, compiled: Compiled, expected: Sequence[str]) -> None:
    """Hold what was seen against the order of teaching and a load that can be borne."""
    seen = [guid for day in studied.new for guid in day]
    first = list(dict.fromkeys(seen))
    assert set(first) == set(expected)
    decks = {f"{compiled.catalog.settings.name}/{n.key}": n.deck for n in compiled.notes}
    areas = [decks[guid] for guid in first]
    assert areas == sorted(areas)
    for guid in first:
        library, id, *prompt = guid.split("/")
        assert not prompt or first.index(f"{library}/{id}") < first.index(guid)
    assert max(studied.answered) < 150


@pytest.mark.parametrize(
    "track", ["product-analyst", "data-scientist", "ml-engineer", "llm-engineer"]
)
def test_three_weeks_bring_the_core_of_a_role(
    track: str, packages: dict[str, Path], compiled: Compiled, tmp_path: Path
) -> None:
    """Twenty new cards a day show every card of a core in 21 days, in order, at a bearable load."""
    tag = compiled.catalog.settings.tag("core", track)
    core = [n for n in compiled.notes if tag in n.tags]
    studied = study(packages[track], tmp_path, 21)
    check(studied, compiled, [f"{compiled.catalog.settings.name}/{n.key}" for n in core])
    assert sum(map(len, studied.new)) == sum(len(n.cards) for n in core)


def test_the_whole_deck_takes_as_long_as_it_has_cards(
    packages: dict[str, Path], compiled: Compiled, tmp_path: Path
) -> None:
    """The whole deck comes in the same order, twenty new cards a day."""
    settings = compiled.catalog.settings
    total = sum(len(n.cards) for n in compiled.notes)
    studied = study(packages[settings.name], tmp_path, -(-total // 20))
    check(studied, compiled, [f"{settings.name}/{n.key}" for n in compiled.notes])
    assert sum(map(len, studied.new)) == total


def test_our_options_arrive_where_they_are_wanted(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    """With "Import any deck presets" new cards come by position, 15 a day, with a timer."""

    def options(learner: Collection) -> list[dict[str, Any]]:
        decks = [d for d in learner.decks.all_names_and_ids() if d.name != "Default"]
        return [learner.decks.config_dict_for_deck_id(d.id) for d in decks]

    with collection(tmp_path / "as-it-is") as learner:
        import_package(learner, packages["ml-engineer"])
        assert {one["name"] for one in options(learner)} == {"Default"}
    with collection(tmp_path / "ticked") as learner:
        request = ImportAnkiPackageRequest(
            package_path=str(packages["ml-engineer"]),
            options=ImportAnkiPackageOptions(with_deck_configs=True),
        )
        learner.import_anki_package(request)
        for one in options(learner):
            found = (one["name"], one["new"]["perDay"], one["newGatherPriority"], one["timer"])
            assert found == ("ML Interview", 15, 1, 1)
