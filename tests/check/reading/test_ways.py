"""Where nodes lead to that run a graph in their function."""

from __future__ import annotations

from typing import Any

from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Command

from stretto.check import check
from stretto.check.reading.compiled import read_graph


def rest(state: MessagesState) -> dict[str, Any]:
    """Do nothing."""
    return {}


def test_a_function_that_runs_a_graph_goes_where_it_says():
    """As it would without the graph."""
    inner: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    inner.add_node("rest", rest)
    inner.add_edge(START, "rest")
    made = inner.compile()

    def works(state: MessagesState) -> Command[Any]:
        return Command(goto="then", update=made.invoke(state))

    builder: StateGraph[Any, Any, Any, Any] = StateGraph(MessagesState)
    builder.add_node("works", works)
    builder.add_node("then", rest)
    builder.add_edge(START, "works")
    graph = builder.compile()
    assert read_graph(graph).ways["works"].jumps == {"then"}
    assert check(graph) == []
