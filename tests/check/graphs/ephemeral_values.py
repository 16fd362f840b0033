"""Channels that are not kept: an untracked handle, a value for the next step only."""

from typing import Annotated, Any

from langgraph.channels.ephemeral_value import EphemeralValue
from langgraph.channels.untracked_value import UntrackedValue
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    path: str
    handle: Annotated[Any, UntrackedValue]
    hint: Annotated[str, EphemeralValue]
    rows: list[str]
    total: int


class Connection:
    def __init__(self, path: str):
        self.path = path

    def rows(self, prefix: str) -> list[str]:
        return [f"{prefix}{self.path}:{n}" for n in range(3)]


def connect(state: State):
    return {"handle": Connection(state["path"]), "hint": "row "}


def read_rows(state: State):
    return {"rows": state["handle"].rows(state["hint"])}


def total(state: State):
    return {"total": len(state["rows"])}


builder = StateGraph(State)
builder.add_node("connect", connect)
builder.add_node("read_rows", read_rows)
builder.add_node("total", total)
builder.add_edge(START, "connect")
builder.add_edge("connect", "read_rows")
builder.add_edge("read_rows", "total")
builder.add_edge("total", END)
graph = builder.compile()

given = {"path": "orders"}
