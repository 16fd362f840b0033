"""Fields that a subgraph doubles."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from tests.check.rules.chains import chain, found, keys


def _merged(left: list[str], right: list[str]) -> list[str]:
    """Add what is new."""
    return [*left, *(each for each in right if each not in left)]


class State(TypedDict):
    """A state."""

    notes: Annotated[list[str], operator.add]
    joined: Annotated[list[str], lambda a, b: a + b]  # pyright: ignore[reportUnknownLambdaType]
    once: Annotated[list[str], _merged]
    count: Annotated[int, operator.add]


class Topic(TypedDict):
    """What a subgraph may be given instead."""

    topic: str


def first(state: State) -> dict[str, Any]:
    """Write everything."""
    return {"notes": ["1"], "joined": ["1"], "once": ["1"], "count": 1}


def inner(state: State) -> dict[str, Any]:
    """Write some."""
    return {"notes": ["2"], "joined": ["2"], "once": ["2"], "count": 1}


def around(graph: Any, *, before: bool = True) -> Any:
    """A graph with a subgraph, and a node before it."""
    builder = StateGraph(State)
    builder.add_node("inner", graph)
    if before:
        builder.add_node(first)
        builder.add_edge("first", "inner")
    builder.add_edge(START, "first" if before else "inner")
    return builder.compile()


def test_lists_and_numbers_are_doubled():
    """Whatever adds, adds twice; what merges does not."""
    graph = around(chain(State, inner).compile())
    result = graph.invoke({"notes": []})
    assert result["notes"] == ["1", "1", "2"]
    assert result["joined"] == ["1", "1", "2"]
    assert result["count"] == 3
    assert result["once"] == ["1", "2"]
    findings = found(graph, "S205")
    assert [f.key for f in findings] == ["count", "joined", "notes"]
    assert {f.certainty for f in findings} == {"proved"}


def test_a_list_that_is_only_passed_on_is_doubled():
    """A subgraph that writes nothing gives it back as well."""

    class Plain(TypedDict):
        notes: list[str]

    def look(state: Plain) -> dict[str, Any]:
        return {}

    graph = around(chain(Plain, look).compile())
    assert graph.invoke({"notes": []})["notes"] == ["1", "1"]
    assert keys(graph, "S205") == ["notes"]


def test_messages_come_once():
    """`add_messages` knows them by their id."""

    def say(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage("hello")]}

    builder = StateGraph(MessagesState)
    builder.add_node(say)
    builder.add_node("inner", chain(MessagesState, say).compile())
    builder.add_edge(START, "say")
    builder.add_edge("say", "inner")
    graph = builder.compile()
    assert len(graph.invoke({"messages": []})["messages"]) == 2
    assert keys(graph, "S205") == []


def test_a_subgraph_that_is_not_given_the_list_begins_anew():
    """With an input of its own it gives back only what is new."""
    graph = around(chain(State, inner, input_schema=Topic).compile())
    assert graph.invoke({"notes": []})["notes"] == ["1", "2"]
    assert keys(graph, "S205") == []


def test_an_empty_list_is_not_doubled():
    """Nothing is written before the subgraph, and it runs once."""
    graph = around(chain(State, inner).compile(), before=False)
    assert graph.invoke({"notes": []})["notes"] == ["2"]
    assert keys(graph, "S205") == []


def test_what_is_sent_may_leave_the_list_out():
    """A Send gives the subgraph only what it holds."""

    def spread(state: State) -> list[Send]:
        return [Send("inner", {"count": 0}) for _ in state["notes"]]

    builder = StateGraph(State)
    builder.add_node(first)
    builder.add_node("inner", chain(State, inner).compile())
    builder.add_edge(START, "first")
    builder.add_conditional_edges("first", spread, ["inner"])
    assert keys(builder.compile(), "S205") == []
