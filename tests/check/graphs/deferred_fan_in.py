"""Branches of unequal length into one node that is deferred until all are through."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    topic: str
    aggregate: Annotated[list[str], operator.add]
    summary: str


def a(state: State):
    return {"aggregate": [f"{state['topic']}: A"]}


def b(state: State):
    return {"aggregate": ["B"]}


def b_2(state: State):
    return {"aggregate": ["B2"]}


def c(state: State):
    return {"aggregate": ["C"]}


def d(state: State):
    return {"summary": ", ".join(state["aggregate"])}


builder = StateGraph(State)
builder.add_node(a)
builder.add_node(b)
builder.add_node(b_2)
builder.add_node(c)
builder.add_node(d, defer=True)
builder.add_edge(START, "a")
builder.add_edge("a", "b")
builder.add_edge("a", "c")
builder.add_edge("b", "b_2")
builder.add_edge("b_2", "d")
builder.add_edge("c", "d")
builder.add_edge("d", END)
graph = builder.compile()

given = {"topic": "letters"}
