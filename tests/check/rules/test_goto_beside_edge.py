"""G106: nodes with a goto and a static edge."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from langgraph.graph import END, START
from langgraph.types import Command, Send

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, noting, ran, wired


def _goes(state: Log) -> Command[Literal["x"]]:
    return Command(goto="x")


def _ends(state: Log) -> Command[Literal["__end__"]]:
    return Command(goto=END)


def _at_times(state: Log) -> Any:
    if state["log"]:
        return {"log": []}
    return Command(goto="x")


def _sends(state: Log) -> Any:
    return Command(goto=[Send("x", state)])


def _above(state: Log) -> Any:
    return Command(graph=Command.PARENT, goto="x")


def _told(builder: Any) -> list[str]:
    return [finding.certainty for finding in found(builder, "G106")]


@pytest.mark.parametrize("node", [_goes, _at_times])
def test_both_ways_are_taken(node: Any):
    """Each time the node goes somewhere."""
    builder = wired((START, "a"), ("a", "y"), a=node, x=noting("x"))
    assert sorted(ran(builder)) == ["x", "y"]
    assert _told(builder) == ["proved"]


def test_going_to_the_end_does_not_end():
    """The edge is followed all the same."""
    builder = wired((START, "a"), ("a", "y"), a=_ends)
    assert ran(builder) == ["y"]
    assert _told(builder) == ["proved"]


def test_a_graph_that_is_left_has_its_edges_still():
    """What is handed over goes on by the edge, too."""
    team = wired((START, "a"), a=_above).compile()
    builder = wired((START, "team"), ("team", "y"), team=team, x=noting("x"))
    assert sorted(ran(builder)) == ["x", "y"]
    assert _told(builder) == ["proved"]


def test_an_edge_to_the_same_node_is_sound():
    """It runs once."""
    builder = wired((START, "a"), ("a", "x"), a=_goes)
    assert ran(builder) == ["x"]
    assert _told(builder) == []


def test_an_edge_to_the_end_is_sound():
    """It leads nowhere."""
    assert _told(wired((START, "a"), ("a", END), a=_goes, x=noting("x"))) == []


def test_an_edge_to_a_node_that_runs_last_is_sound():
    """It waits for what the goto starts."""
    builder = wired((START, "a"), ("a", "y"), a=_goes, x=noting("x"), deferred="y")
    assert ran(builder) == ["x", "y"]
    assert _told(builder) == []


def test_sends_beside_an_edge_are_sound():
    """They start work; the edge goes on."""
    assert _told(wired((START, "a"), ("a", "y"), a=_sends, x=noting("x"))) == []
