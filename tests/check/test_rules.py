"""Every rule: its two examples, its mutant, its code."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stretto.check.checking import found_in
from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source
from stretto.check.rules import all_rules
from tests.check.loading import loaded

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.check import Finding
    from stretto.check.rule import Rule

RULES = all_rules()


def found(rule: Rule, kind: str, folder: Path) -> list[Finding]:
    """What is found in an example that was imported."""
    module = loaded(rule.example(kind), folder, f"{kind.lower()}_{rule.code.lower()}")
    rules = [each for each in RULES if not each.advice or each is rule]
    return found_in(read_graph(module.graph, file=module.__file__, served=rule.served), rules)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_the_bad_example_is_found(rule: Rule, tmp_path: Path):
    """The fault of a rule's bad example is found, and stands in its file."""
    findings = [f for f in found(rule, "Bad", tmp_path) if f.code == rule.code]
    assert findings
    for finding in findings:
        assert finding.place is not None
        assert "\n" not in finding.message
        assert not finding.message.endswith(".")
        assert finding.remedy.endswith(".")


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_the_bad_example_has_no_other_fault(rule: Rule, tmp_path: Path):
    """A bad example shows one fault."""
    assert {f.code for f in found(rule, "Bad", tmp_path)} == {rule.code}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_nothing_is_found_in_the_good_example(rule: Rule, tmp_path: Path):
    """The good example has no fault of any rule."""
    assert found(rule, "Good", tmp_path) == []


def found_in_source(rule: Rule, kind: str, folder: Path) -> list[Finding]:
    """What is found in an example's source."""
    graphs = graphs_in_source(folder / "example.py", rule.example(kind))
    rules = [each for each in RULES if not each.advice or each is rule]
    seen = [replace(graph, served=rule.served) for graph in graphs]
    return [finding for graph in seen for finding in found_in(graph, rules)]


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_source_alone_tells_the_same(rule: Rule, tmp_path: Path):
    """Without importing it the bad example is found, unless the rule says otherwise."""
    codes = {f.code for f in found_in_source(rule, "Bad", tmp_path)}
    assert codes == ({rule.code} if rule.static else set())
    assert found_in_source(rule, "Good", tmp_path) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.code)
def test_a_rule_has_what_a_rule_needs(rule: Rule):
    """A code of its own, a name, a page with a summary and a reason, and a mutant."""
    assert re.fullmatch(r"[A-Z]\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert [each.code for each in RULES].count(rule.code) == 1
    assert [each.name for each in RULES].count(rule.name) == 1
    assert rule.summary.endswith(".")
    assert rule.why
    assert rule.mutate is not None
