"""What `set_node_defaults` gives to all nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

from stretto.check.reading.compiled import read_graph
from stretto.check.reading.source import graphs_in_source

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
from langgraph.graph import START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict

class State(TypedDict):
    text: str

async def first(state: State) -> dict:
    return {"text": "a"}

builder = StateGraph(State)
builder.add_node("first", first)
builder.add_node("second", first, timeout=3, retry_policy=RetryPolicy(max_attempts=2))
builder.add_edge(START, "first")
builder.set_node_defaults(timeout=9.5, retry_policy=RetryPolicy(max_attempts=7))
"""


class State(TypedDict):
    """A text."""

    text: str


async def first(state: State) -> dict[str, Any]:
    """Do something."""
    return {"text": state["text"]}


def test_a_builder_tells_its_defaults_before_it_is_compiled():
    """Nodes that say nothing of their own have them."""
    builder = StateGraph(State)
    builder.add_node("first", first)
    builder.add_node("second", first, timeout=3, retry_policy=RetryPolicy(max_attempts=2))
    builder.set_node_defaults(timeout=9.5, retry_policy=RetryPolicy(max_attempts=7))
    nodes = read_graph(builder).nodes
    assert [nodes[n].retry[0].max_attempts for n in ("first", "second")] == [7, 2]
    assert nodes["first"].timeout.run_timeout == 9.5
    assert nodes["second"].timeout.run_timeout == 3


def test_source_tells_defaults(tmp_path: Path):
    """So it is from source alone, wherever the defaults stand."""
    (graph,) = graphs_in_source(tmp_path / "module.py", SOURCE)
    nodes = graph.nodes
    assert [nodes[n].retry[0].max_attempts for n in ("first", "second")] == [7, 2]
    assert [nodes[n].timeout for n in ("first", "second")] == ["9.5", "3"]
