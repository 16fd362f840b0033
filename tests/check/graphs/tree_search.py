"""Tree of thoughts: candidates are expanded by Send, scored, pruned, to a depth at most."""

import operator
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

BEAM = 2


def update_candidates(existing: list | None, updates: list | Literal["clear"] | None) -> list:
    if updates == "clear":
        return []
    return (existing or []) + (updates or [])


class ToTState(TypedDict):
    problem: str
    candidates: Annotated[list[str], update_candidates]
    scored: Annotated[list[tuple[float, str]], update_candidates]
    depth: Annotated[int, operator.add]
    best: str


class ExpansionState(TypedDict):
    problem: str
    seed: str


def expand(state: ExpansionState):
    return {"candidates": [f"{state['seed']}{letter}" for letter in state["problem"][:3]]}


def score(state: ToTState):
    scored = [(len(set(c)) / (len(c) or 1), c) for c in state["candidates"]]
    return {"scored": scored, "candidates": "clear"}


def prune(state: ToTState):
    kept = sorted(state["scored"], reverse=True)[:BEAM]
    return {
        "candidates": [candidate for _, candidate in kept],
        "scored": "clear",
        "best": kept[0][1] if kept else "",
        "depth": 1,
    }


def should_terminate(state: ToTState) -> Literal["__end__", "expand"] | list[Send]:
    if state["depth"] >= 3:
        return "__end__"
    return [Send("expand", {"problem": state["problem"], "seed": c}) for c in state["candidates"]]


def begin(state: ToTState):
    return Send("expand", {"problem": state["problem"], "seed": ""})


builder = StateGraph(ToTState)
builder.add_node("expand", expand)
builder.add_node("score", score)
builder.add_node("prune", prune)
builder.add_conditional_edges(START, begin, ["expand"])
builder.add_edge("expand", "score")
builder.add_edge("score", "prune")
builder.add_conditional_edges("prune", should_terminate, path_map=["expand", END])
graph = builder.compile()

given = {"problem": "abc"}
