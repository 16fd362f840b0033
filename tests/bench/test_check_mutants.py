"""Each rule finds the fault that it puts into sound graphs, and nothing is found without one."""

from __future__ import annotations

import itertools
import json
from functools import cache

import pytest

from bench.check_mutants.__main__ import show, told, tried
from bench.check_mutants.sound import Sound, sound_graphs
from bench.check_mutants.trials import Score, alarms, try_mutant
from stretto.check.rules import all_rules

MUTANTS = 12
"""How many of each rule are tried here; the bench tries all."""
FEWEST = 5
"""How many sound graphs must be able to have a fault, so that finding it says something."""


@cache
def shelf() -> list[Sound]:
    """Graphs by hand and our patterns by turns."""
    by_turns = itertools.zip_longest(sound_graphs("by hand"), sound_graphs("pattern"))
    return [sound for pair in by_turns for sound in pair if sound is not None]


@pytest.mark.parametrize("code", [rule.code for rule in all_rules()])
def test_a_rule_finds_its_own_fault(code: str) -> None:
    """In each of the first sound graphs that it can be put into."""
    score = Score(next(rule for rule in all_rules() if rule.code == code))
    for sound in itertools.chain(shelf(), sound_graphs("nested")):
        if score.mutants >= MUTANTS:
            break
        try_mutant(score, sound)
    assert score.misses == []
    assert score.mutants >= FEWEST


@pytest.mark.parametrize("kind", ["pattern", "ours"])
def test_nothing_is_found_in_what_we_build(kind: str) -> None:
    """Our patterns and the project's own graphs are sound."""
    assert [a for sound in sound_graphs(kind) for a in alarms(sound, all_rules())] == []


def test_nothing_is_found_in_patterns_in_one_another() -> None:
    """One of each seven; the bench takes all."""
    some = itertools.islice(sound_graphs("nested"), 0, None, 7)
    assert [a for sound in some for a in alarms(sound, all_rules())] == []


def test_the_figures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """How many graphs, kinds of fault and mutants; what was caught; what was found for nothing."""
    graphs = list(itertools.islice(sound_graphs("by hand"), 3))
    rules = [rule for rule in all_rules() if rule.code in {"E301", "G101"}]
    scores, false = tried(graphs, rules)
    assert json.loads(json.dumps(told(graphs, scores, false))) == {
        "graphs": 3,
        "defects": 2,
        "mutants": 6,
        "caught": 1.0,
        "false_alarms": 0,
    }
    show(scores, false)
    assert "E301" in capsys.readouterr().out
