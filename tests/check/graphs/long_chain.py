"""A chain of steps made in a loop from a table of functions."""

from collections.abc import Callable
from itertools import pairwise

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


STEPS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lower": str.lower,
    "expand": lambda text: text.expandtabs(2),
    "quotes": lambda text: text.replace("''", '"'),
    "dashes": lambda text: text.replace("--", "-"),
    "spaces": lambda text: " ".join(text.split()),
    "ampersand": lambda text: text.replace("&", "and"),
    "title": str.title,
    "stop": lambda text: text if text.endswith(".") else text + ".",
    "trim": lambda text: text[:80],
}


def as_node(change: Callable[[str], str]):
    def step(state: State):
        return {"text": change(state["text"])}

    return step


builder = StateGraph(State)
for name, change in STEPS.items():
    builder.add_node(name, as_node(change))
builder.add_edge(START, next(iter(STEPS)))
for left, right in pairwise(STEPS):
    builder.add_edge(left, right)
builder.add_edge(next(reversed(STEPS)), END)
graph = builder.compile()

given = {"text": "  Salt & pepper -- ''fresh''"}
