"""A dataclass state with defaults: attributes are read, dictionaries are returned."""

import operator
from dataclasses import dataclass, field
from typing import Annotated

from langgraph.graph import END, START, StateGraph


@dataclass(kw_only=True)
class InputState:
    company: str
    limit: int = 2


@dataclass(kw_only=True)
class State(InputState):
    queries: list[str] = field(default_factory=list)
    notes: Annotated[list[str], operator.add] = field(default_factory=list)
    summary: str | None = None


def make_queries(state: State):
    return {"queries": [f"{state.company} {word}" for word in ("staff", "sales", "news")]}


def look_up(state: State):
    return {"notes": [f"about {query}" for query in state.queries[: state.limit]]}


def summarize(state: State):
    return {"summary": " / ".join(state.notes)}


builder = StateGraph(State, input_schema=InputState)
builder.add_node("make_queries", make_queries)
builder.add_node("look_up", look_up)
builder.add_node("summarize", summarize)
builder.add_edge(START, "make_queries")
builder.add_edge("make_queries", "look_up")
builder.add_edge("look_up", "summarize")
builder.add_edge("summarize", END)
graph = builder.compile()

given = {"company": "Acme"}
