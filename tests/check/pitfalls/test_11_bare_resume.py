"""FACTS 2.11: several questions are open at once, and the program answers with one value."""

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


class State(TypedDict):
    """A state."""

    answers: Annotated[list[str], operator.add]


def ask_ann(state: State) -> dict[str, Any]:
    return {"answers": [interrupt("Ann?")]}


def ask_bob(state: State) -> dict[str, Any]:
    return {"answers": [interrupt("Bob?")]}


builder = StateGraph(State)
builder.add_node("ask_ann", ask_ann)
builder.add_node("ask_bob", ask_bob)
builder.add_edge(START, "ask_ann")
builder.add_edge(START, "ask_bob")
builder.add_edge("ask_ann", END)
builder.add_edge("ask_bob", END)
graph: Any = builder.compile(checkpointer=InMemorySaver())


def test_one_value_answers_none_of_several():
    """LangGraph does not know which question is meant, and raises."""
    graph.invoke({"answers": []}, CONFIG)
    with pytest.raises(RuntimeError, match="multiple pending interrupts"):
        graph.invoke(Command(resume="yes"), CONFIG)


def test_it_is_found():
    """The value that has no id."""
    (found,) = [each for each in check(graph) if each.code == "E303"]
    assert found.certainty == "proved"
    assert "'ask_ann' and 'ask_bob'" in found.message
