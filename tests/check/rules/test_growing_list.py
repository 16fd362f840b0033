"""Lists that loops add to."""

from __future__ import annotations

import operator
from typing import Annotated, Any, Literal

from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from tests.check.rules.chains import keys


class State(MessagesState):
    """A state."""

    log: Annotated[list[str], operator.add]
    todo: list[str]
    rounds: int


def think(state: State) -> dict[str, Any]:
    """Add to the log."""
    return {"messages": [AIMessage("more")], "log": ["thought"], "todo": state["todo"][1:]}


def says(state: State) -> Literal["think", "__end__"]:
    """Go on as the last message says."""
    return "think" if state["messages"][-1].text == "more" else "__end__"


def loop(node: Any, again: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph of one node in a loop."""
    builder = StateGraph(State)
    builder.add_node("think", node)
    builder.add_edge(START, "think")
    builder.add_conditional_edges("think", again)
    return builder


def test_a_loop_that_a_message_ends():
    """Nobody knows how often it turns."""
    assert keys(loop(think, says).compile(), "S209") == ["log"]


def test_a_loop_that_counts():
    """A comparison bounds the rounds."""

    def counts(state: State) -> Literal["think", "__end__"]:
        return "think" if len(state["log"]) < 5 else "__end__"

    assert keys(loop(think, counts).compile(), "S209") == []


def test_a_loop_that_works_something_off():
    """Its condition reads what it writes."""

    def works_off(state: State) -> Literal["think", "__end__"]:
        return "think" if state["todo"] else "__end__"

    assert keys(loop(think, works_off).compile(), "S209") == []


def test_a_recursion_limit_bounds_all():
    """With a limit of its own the loop ends."""
    graph = loop(think, says).compile().with_config(recursion_limit=20)
    assert keys(graph, "S209") == []


def test_messages_alone_are_let_be():
    """A conversation is what an agent works with."""

    def speak(state: State) -> dict[str, Any]:
        return {"messages": [AIMessage("more")]}

    assert keys(loop(speak, says).compile(), "S209") == []


def test_a_person_ends_the_loop():
    """Who is asked in each round knows when it is enough."""

    def ask(state: State) -> dict[str, Any]:
        return {"messages": [interrupt("More?")], "log": ["asked"]}

    assert keys(loop(ask, says).compile(), "S209") == []
