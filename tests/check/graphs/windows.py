"""Batches: a window of items at a time is sent out, until none is left."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

WINDOW = 3


class BatchState(TypedDict):
    items: list[int]
    cursor: int
    window: list[int]
    results: Annotated[list[int], operator.add]


class ItemState(TypedDict):
    item: int


def take(state: BatchState):
    cursor = state.get("cursor", 0)
    window = state["items"][cursor : cursor + WINDOW]
    return {"window": window, "cursor": cursor + len(window)}


def fan_out(state: BatchState) -> list[Send] | str:
    if not state["window"]:
        return END
    return [Send("square", {"item": item}) for item in state["window"]]


def square(state: ItemState):
    return {"results": [state["item"] ** 2]}


builder = StateGraph(BatchState)
builder.add_node("take", take)
builder.add_node("square", square)
builder.add_edge(START, "take")
builder.add_conditional_edges("take", fan_out, ["square", END])
builder.add_edge("square", "take")
graph = builder.compile().with_config(recursion_limit=200)

given = {"items": list(range(8))}
