"""FACTS 2.6: names of no node, nodes that nothing leads to, loops without an exit."""

from __future__ import annotations

from typing import Any

import pytest
from langgraph.errors import GraphRecursionError
from langgraph.graph import START
from langgraph.types import Command

from tests.check.rules.chains import found
from tests.check.rules.wired import Log, ran, wired


def _goto(state: Log) -> Any:
    return Command(goto="reveiw", update={"log": ["write"]})


def _branch(state: Log):  # type: ignore[no-untyped-def]
    return "reveiw"


def test_a_goto_to_nobody_ends_the_run_and_check_says_so():
    """The run is a success without the review; the check offers the name that was meant."""
    graph = wired((START, "review"), write=_goto)
    graph.edges = {(START, "write")}
    assert ran(graph) == ["write"]
    (finding,) = found(graph.compile(), "G104")
    assert "'reveiw'" in finding.message
    assert "'review'" in finding.remedy


def test_a_branch_to_nobody_ends_the_run_and_check_says_so():
    """Without a path_map nobody looks the name up."""
    graph = wired((START, "write"), review=lambda _: {})
    graph.add_conditional_edges("write", _branch)
    assert ran(graph) == ["write"]
    (finding,) = found(graph.compile(), "G104")
    assert finding.certainty == "proved"


def test_a_node_that_nothing_leads_to_is_compiled_and_found():
    """It never runs."""
    graph = wired((START, "write"), ("review", "archive"))
    assert ran(graph) == ["write"]
    assert "review" in {finding.node for finding in found(graph.compile(), "G101")}


def test_a_loop_without_an_exit_is_compiled_and_found():
    """It runs into its limit."""
    graph = wired((START, "write"), ("write", "review"), ("review", "write"))
    with pytest.raises(GraphRecursionError):
        graph.compile().invoke({"log": []}, {"recursion_limit": 20})
    (finding,) = found(graph.compile(), "G103")
    assert finding.certainty == "proved"
