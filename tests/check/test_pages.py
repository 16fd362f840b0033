"""The pages of the rules."""

from __future__ import annotations

import pytest

from stretto.check.pages import GROUPS, pages
from stretto.check.rules import all_rules
from tests.docs.pages import ROOT


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_says_what_its_rule_says(name: str):
    """`docs` holds what the rules say of themselves."""
    file = ROOT / "docs" / name
    assert file.is_file(), "run `make rules`"
    assert file.read_text(encoding="utf-8") == pages()[name], "run `make rules`"


def test_there_is_no_page_without_a_rule():
    """A page of a rule that is no more is removed."""
    there = {f"rules/{file.name}" for file in (ROOT / "docs" / "rules").glob("*.md")}
    assert there == {name for name in pages() if name.startswith("rules/")}


def test_each_rule_is_in_a_group():
    """The letter of a code says what it is about."""
    assert {rule.code[0] for rule in all_rules()} <= set(GROUPS)
