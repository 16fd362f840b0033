"""Subgraphs that remember."""

from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found


class Out(TypedDict):
    """What is given back."""

    out: Annotated[list[str], operator.add]


class Item(Out):
    """What is sent."""

    item: str


class State(Out):
    """A state."""

    items: list[str]


def ask(state: Item) -> dict[str, Any]:
    """Ask about an item."""
    return {"out": [f"{state['item']}: {interrupt(state['item'])}"]}


def spread(state: State) -> list[Send]:
    """Send each item."""
    return [Send("inner", {"item": each}) for each in state["items"]]


def one(state: State) -> list[Send]:
    """Send one item."""
    return [Send("inner", {"item": state["items"][0]})]


def graph_of(branch: Any, *, checkpointer: Any = True) -> Any:
    """A graph that sends to a subgraph."""
    builder = StateGraph(State)
    inner = chain(Item, ask, output_schema=Out).compile(checkpointer=checkpointer)
    builder.add_node("inner", inner)
    builder.add_conditional_edges(START, branch, ["inner"])
    return builder.compile(checkpointer=InMemorySaver())


def answered(graph: Any) -> list[str]:
    """Run it for two items, and answer both with their own names."""
    config: Any = {"configurable": {"thread_id": "1"}}
    asked = graph.invoke({"items": ["a", "b"]}, config)["__interrupt__"]
    answers = {each.id: each.value for each in asked}
    return graph.invoke(Command(resume=answers), config)["out"]


def test_one_memory_for_all_mixes_up_answers():
    """One item is answered twice and the other never; the check says so before."""
    graph = graph_of(spread)
    assert sorted(answered(graph)) != ["a: a", "b: b"]
    (finding,) = found(graph, "S213")
    assert finding.node == "inner"


@pytest.mark.parametrize("checkpointer", [None, False])
def test_a_memory_for_each_run(checkpointer: Any):
    """Without `True` each run is by itself."""
    graph = graph_of(spread, checkpointer=checkpointer)
    if checkpointer is None:
        assert sorted(answered(graph)) == ["a: a", "b: b"]
    assert found(graph, "S213") == []


def test_one_run_at_a_time_may_remember():
    """A single Send has the memory for itself."""
    assert found(graph_of(one), "S213") == []


def test_a_subgraph_in_a_chain_may_remember():
    """What runs once a step is what `True` is for."""
    builder = StateGraph(Item)
    builder.add_node("inner", chain(Item, ask).compile(checkpointer=True))
    builder.add_edge(START, "inner")
    assert found(builder.compile(checkpointer=InMemorySaver()), "S213") == []
