"""A node that gives several updates at once, and Commands that depend on a loop's outcome."""

import operator
from typing import Annotated, Literal, NotRequired, Required

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict


class Base(TypedDict, total=False):
    parts: Required[list[str]]
    log: Annotated[list[str], operator.add]


class State(Base):
    sizes: Annotated[dict[str, int], operator.or_]
    longest: NotRequired[str]


class PartState(TypedDict):
    part: str
    position: int


def split(state: State) -> list[dict | Command[Literal["weigh"]]]:
    sends = [
        Send("weigh", {"part": part, "position": position})
        for position, part in enumerate(state["parts"])
    ]
    return [{"log": ["split"]}, Command(goto=sends), {"log": ["sent"]}]


def weigh(state: PartState):
    return {"sizes": {state["part"]: len(state["part"])}, "log": [str(state["position"])]}


def compare(state: State) -> Command[Literal["__end__"]]:
    best = ""
    for part, size in state["sizes"].items():
        if size > len(best):
            best = part
    update = {"log": ["compared"]}
    if best:
        update["longest"] = best
    return Command(update=update, goto=END)


builder = StateGraph(State)
builder.add_node("split", split, destinations=("weigh",))
builder.add_node("weigh", weigh)
builder.add_node("compare", compare)
builder.add_edge(START, "split")
builder.add_edge("weigh", "compare")
graph = builder.compile()

given = {"parts": ["a", "ccc", "bb"]}
