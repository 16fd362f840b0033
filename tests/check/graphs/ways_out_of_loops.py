"""Loops whose way out is told by a helper, by a match, by an object, by another node."""

from typing import Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    value: int
    phase: str
    left: int
    trail: list[str]


def is_done(state: State) -> bool:
    return state["left"] <= 0


def shrink(state: State):
    return {"value": state["value"] // 2, "left": state["left"] - 1, "phase": "shrunk"}


def after_shrink(state: State) -> Literal["shrink", "inspect"]:
    return "inspect" if is_done(state) or state["value"] < 10 else "shrink"


def inspect(state: State):
    phase = "even" if state["value"] % 2 == 0 else "odd"
    return {"phase": phase, "left": 3}


def by_phase(state: State) -> Literal["grow", "close"]:
    match state["phase"]:
        case "odd":
            return "close"
        case _:
            return "grow"


def grow(state: State):
    return {"value": state["value"] + 1, "phase": "grown"}


class UntilLong:
    def __init__(self, most: int):
        self.most = most

    def __call__(self, state: State) -> Literal["close", "__end__"]:
        if (length := len(state["trail"])) >= self.most:
            return "__end__"
        return "close" if length else "__end__"


def close(state: State) -> Command[Literal["last"]]:
    return Command(update={"trail": [*state.get("trail", []), state["phase"]]}, goto="last")


def last(state: State):
    return {"trail": [*state["trail"], "last"]}


builder = StateGraph(State)
builder.add_node("shrink", shrink)
builder.add_node("inspect", inspect)
builder.add_node("grow", grow)
builder.add_node("close", close)
builder.add_node("last", last)
builder.add_edge(START, "shrink")
builder.add_conditional_edges("shrink", after_shrink)
builder.add_conditional_edges("inspect", by_phase)
builder.add_edge("grow", "inspect")
builder.add_conditional_edges("last", UntilLong(4), {"close": "close", "__end__": END})
graph = builder.compile().with_config(recursion_limit=60)

given = {"value": 100, "left": 4}
