"""G107: branches of unequal length into one node."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langgraph.graph import END, START
from langgraph.types import Command, Send

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, ran, wired


def _list(state: Log) -> list[str]:
    return ["a", "b"]


def _sends(state: Log) -> list[Send]:
    return [Send("a", state), Send("b", state)]


def _either(state: Log) -> Literal["a", "b"]:
    return "a" if state["log"] else "b"


def _both(state: Log) -> Command[Literal["a", "b"]]:
    return Command(goto=["a", "b"])


def _on(state: Log) -> Literal["c", "d"]:
    return "c" if state["log"] else "d"


def _perhaps(state: Log) -> Literal["c", "__end__"]:
    return "c" if state["log"] else END


def _again(state: Log) -> Literal["b", "fin"]:
    return "b" if len(state["log"]) < 3 else "fin"


UNEVEN = (("a", "fin"), ("b", "c"), ("c", "fin"))
"""Two ways into one node."""


def _told(builder: Any) -> list[tuple[str, str]]:
    return [(finding.node, finding.certainty) for finding in found(builder, "G107")]


def test_static_edges_are_proved():
    """The node runs twice in each run."""
    builder = wired((START, "a"), (START, "b"), *UNEVEN, ("fin", "last"))
    assert ran(builder).count("fin") == 2
    assert _told(builder) == [("fin", "proved")]


def test_a_short_cut_is_uneven():
    """A node may itself be where the shorter arm begins."""
    builder = wired((START, "a"), ("a", "b"), ("b", "fin"), ("a", "fin"))
    assert ran(builder).count("fin") == 2
    assert _told(builder) == [("fin", "proved")]


@pytest.mark.parametrize("path", [_list, _sends])
def test_what_a_branch_starts_at_once_is_possible(path: Any):
    """A list of names and a list of Sends start several nodes."""
    builder = wired((START, "s"), *UNEVEN)
    builder.add_conditional_edges("s", path, ["a", "b"])
    assert ran(builder).count("fin") == 2
    assert _told(builder) == [("fin", "possible")]


def test_what_a_goto_starts_at_once_is_possible():
    """A list of targets starts several nodes."""
    builder = wired((START, "s"), *UNEVEN, s=_both)
    assert ran(builder).count("fin") == 2
    assert _told(builder) == [("fin", "possible")]


def test_an_arm_that_chooses_is_looked_into():
    """Whichever way it takes it is longer than the other arm."""
    builder = wired((START, "a"), (START, "b"), ("a", "fin"), ("c", "fin"), ("d", "fin"))
    builder.add_conditional_edges("b", _on)
    assert ran(builder).count("fin") == 2
    assert _told(builder) == [("fin", "possible")]


def test_an_arm_that_may_end_is_left_alone():
    """It may be meant that only one of two arms gets there."""
    builder = wired((START, "a"), (START, "b"), ("a", "fin"), ("c", "fin"))
    builder.add_conditional_edges("b", _perhaps)
    assert _told(builder) == []


def test_an_arm_that_goes_round_is_left_alone():
    """In how many steps it gets there is not known."""
    builder = wired((START, "a"), (START, "b"), ("a", "fin"))
    builder.add_conditional_edges("b", _again)
    assert _told(builder) == []


def test_one_of_two_is_no_fork():
    """Branches that exclude one another may be of any length."""
    builder = wired((START, "s"), *UNEVEN)
    builder.add_conditional_edges("s", _either)
    assert ran(builder).count("fin") == 1
    assert _told(builder) == []


def test_a_node_that_runs_last_waits():
    """`defer` mends it."""
    builder = wired((START, "a"), (START, "b"), *UNEVEN, deferred="fin")
    assert ran(builder).count("fin") == 1
    assert _told(builder) == []


def test_a_list_edge_waits():
    """It mends it, too."""
    builder = wired((START, "a"), (START, "b"), ("b", "c"), (["a", "c"], "fin"))
    assert ran(builder).count("fin") == 1
    assert _told(builder) == []


def test_arms_of_one_length_meet_once():
    """Also where the arms part again."""
    even = wired((START, "a"), (START, "b"), ("a", "c"), ("b", "d"), ("c", "fin"), ("d", "fin"))
    assert ran(even).count("fin") == 1
    assert _told(even) == []
