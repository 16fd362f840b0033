"""One function, several nodes: functools.partial gives each its settings."""

import operator
from functools import partial
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    views: Annotated[list[str], operator.add]
    summary: str


def view(state: State, *, persona: str, mood: str = "calm"):
    return {"views": [f"{persona} ({mood}) on {state['question']}"]}


def summarize(state: State, separator: str):
    return {"summary": separator.join(state["views"])}


PERSONAS = ["optimist", "pessimist", "realist"]

builder = StateGraph(State)
for persona in PERSONAS:
    builder.add_node(persona, partial(view, persona=persona))
    builder.add_edge(START, persona)
builder.add_node("summarize", partial(summarize, separator="; "))
builder.add_edge(PERSONAS, "summarize")
builder.add_edge("summarize", END)
graph = builder.compile()

given = {"question": "the weather"}
