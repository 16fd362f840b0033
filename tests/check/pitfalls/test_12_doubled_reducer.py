"""FACTS 2.12: a subgraph sharing an `operator.add` key doubles its items."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class State(TypedDict):
    """A state."""

    notes: Annotated[list[str], operator.add]


def first(state: State) -> dict[str, Any]:
    """Write one note."""
    return {"notes": ["first"]}


def second(state: State) -> dict[str, Any]:
    """Write another."""
    return {"notes": ["second"]}


def test_the_first_note_comes_twice_and_check_says_so():
    """The run succeeds with a note too many; the check proves it."""
    builder = StateGraph(State)
    builder.add_node(first)
    builder.add_node("inner", chain(State, second).compile())
    builder.add_edge(START, "first")
    builder.add_edge("first", "inner")
    graph = builder.compile()
    assert graph.invoke({"notes": []})["notes"] == ["first", "first", "second"]
    (finding,) = found(graph, "S205")
    assert (finding.key, finding.certainty) == ("notes", "proved")
