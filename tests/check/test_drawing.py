"""Counterexamples as mermaid."""

from __future__ import annotations

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.check.drawing import mermaid
from stretto.check.reading.compiled import read_graph


class State(TypedDict):
    """Nothing of interest."""

    text: str


def test_the_ways_of_a_path_are_numbered_and_its_nodes_marked():
    """Static edges are solid, chosen ones dotted; what is not on the path is drawn, too."""
    builder = StateGraph(State)
    builder.add_node("ask", lambda state: state)
    builder.add_node("say", lambda state: state)
    builder.add_edge(START, "ask")
    builder.add_conditional_edges("ask", lambda _: "say", ["say", "ask"])
    builder.add_edge("say", END)
    drawn = mermaid(read_graph(builder), ("__start__", "ask", "ask"))
    assert drawn.splitlines()[0] == "graph TD"
    assert "  n0 -->|1| n1" in drawn
    assert "  n1 -.->|2| n1" in drawn
    assert "  n1 -.-> n2" in drawn
    assert drawn.endswith("class n0,n1 path")
