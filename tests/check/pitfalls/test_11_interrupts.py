"""FACTS 2.11: interrupts that are swallowed, answered by nothing, or make code run again."""

# ruff: noqa: D103 - nodes as strangers write them
from __future__ import annotations

import operator
from typing import Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from stretto.check import check

CONFIG: Any = {"configurable": {"thread_id": "1"}}
orders: list[str] = []


class State(TypedDict):
    """A state."""

    answers: Annotated[list[str], operator.add]


def made(**nodes: Any) -> Any:
    """A graph of nodes side by side."""
    builder = StateGraph(State)
    for name, node in nodes.items():
        builder.add_node(name, node)
        builder.add_edge(START, name)
        builder.add_edge(name, END)
    return builder.compile(checkpointer=InMemorySaver())


def codes(graph: Any) -> dict[str, str]:
    return {each.code: each.certainty for each in check(graph) if each.code.startswith("E3")}


def swallows(state: State) -> dict[str, Any]:
    try:
        answer = interrupt("May I?")
    except Exception:  # noqa: BLE001 - the fault
        answer = "nobody said no"
    return {"answers": [answer]}


def asks(state: State) -> dict[str, Any]:
    return {"answers": [interrupt("May I?")]}


def orders_and_asks(state: State) -> dict[str, Any]:
    orders.append("a lamp")
    return {"answers": [interrupt("Is that right?")]}


def test_a_swallowed_interrupt_goes_on_unapproved():
    """The run ends as if somebody had said yes."""
    graph = made(swallows=swallows)
    assert graph.invoke({"answers": []}, CONFIG)["answers"] == ["nobody said no"]
    assert codes(graph)["E301"] == "proved"


def test_an_answer_of_none_raises():
    """LangGraph's own code breaks over it."""
    graph = made(asks=asks)
    graph.invoke({"answers": []}, CONFIG)
    with pytest.raises(UnboundLocalError):
        graph.invoke(Command(resume=None), CONFIG)
    assert codes(graph)["E307"] == "proved"


def test_one_value_answers_none_of_several():
    """Which question is meant nobody knows."""
    graph = made(one=asks, other=asks)
    graph.invoke({"answers": []}, CONFIG)
    with pytest.raises(RuntimeError, match="multiple pending interrupts"):
        graph.invoke(Command(resume="yes"), CONFIG)


def test_a_node_starts_from_its_top_at_each_answer():
    """What stands before the interrupt happens again."""
    orders.clear()
    graph = made(orders_and_asks=orders_and_asks)
    graph.invoke({"answers": []}, CONFIG)
    graph.invoke(Command(resume=True), CONFIG)
    assert orders == ["a lamp", "a lamp"]
    assert codes(graph)["E302"] == "proved"


def test_the_other_pending_node_runs_up_to_its_interrupt_again():
    """An answer to one question repeats what the other's node does before it asks."""
    orders.clear()
    graph = made(asks=asks, orders_and_asks=orders_and_asks)
    said = graph.invoke({"answers": []}, CONFIG)
    first = next(each.id for each in said["__interrupt__"] if each.value == "May I?")
    said = graph.invoke(Command(resume={first: "yes"}), CONFIG)
    assert [each.value for each in said["__interrupt__"]] == ["Is that right?"]
    assert orders == ["a lamp", "a lamp"]
    assert codes(graph)["E302"] == "proved"
