from __future__ import annotations

from pathlib import Path

import pytest

from mlcards.text.rules import ADVICE, ERRORS

TESTS = Path(__file__).parents[1]
TEXT = "".join(
    file.read_text("utf-8")
    for file in sorted([*TESTS.rglob("test_*.py"), *TESTS.glob("data/*.md")])
    if file.name != "test_rules.py"
)


@pytest.mark.parametrize("code", [*ERRORS, *ADVICE])
def test_each_rule_is_tested(code: str) -> None:
    """Some test shows each rule at work, by its code."""
    assert f"[{code}]" in TEXT
