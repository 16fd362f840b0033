"""Nodes that change copies: of lists, of the whole state, of nested dictionaries."""

import copy
import logging
from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

logger = logging.getLogger(__name__)


class State(TypedDict):
    items: list[str]
    index: dict[str, Any]
    total: int


def add_item(state: State) -> State:
    items = list(state["items"])
    items.append("new")
    items.sort()
    return {**state, "items": items}


def number(state: State):
    index = copy.deepcopy(state.get("index") or {})
    for position, item in enumerate(state["items"]):
        index.setdefault(item, []).append(position)
    return {"index": index}


def shorten(state: State):
    items = state["items"][:]
    while len(items) > 3:
        items.pop()
    index = {k: v for k, v in state["index"].items() if k in items}
    index.pop("nothing", None)
    return {"items": items, "index": index}


def count(state: State) -> dict:
    result = dict(state)
    result["total"] = len(state["items"])
    return result


def log(state: State) -> None:
    logger.info("%s items", state["total"])


builder = StateGraph(State)
for node in (add_item, number, shorten, count, log):
    builder.add_node(node)
builder.add_edge(START, "add_item")
builder.add_edge("add_item", "number")
builder.add_edge("number", "shorten")
builder.add_edge("shorten", "count")
builder.add_edge("count", "log")
builder.add_edge("log", END)
graph = builder.compile()

given = {"items": ["b", "a", "c"]}
