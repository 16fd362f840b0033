"""Loops that end by what LangGraph itself tells: IsLastStep, the step number, the clock."""

import time
from typing import Annotated, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.managed import IsLastStep, RemainingSteps
from typing_extensions import TypedDict


def latest(left: int | None, right: int) -> int:
    return max(left or 0, right)


class State(TypedDict):
    seed: int
    best: Annotated[int, latest]
    started: float
    is_last_step: IsLastStep
    remaining_steps: RemainingSteps


def begin(state: State):
    return {"started": time.monotonic()}


def try_one(state: State, config: RunnableConfig):
    step = config["metadata"]["langgraph_step"]
    return {"best": (state["seed"] * step) % 17}


def again(state: State) -> Literal["try_one", "polish"]:
    if state["is_last_step"] or state["remaining_steps"] < 12:
        return "polish"
    return "try_one"


def polish(state: State):
    return {"best": state["best"] + 1}


def in_time(state: State) -> Literal["polish", "__end__"]:
    if state["remaining_steps"] > 6 and time.monotonic() - state["started"] < 30:
        return "polish"
    return END


builder = StateGraph(State)
builder.add_node("begin", begin)
builder.add_node("try_one", try_one)
builder.add_node("polish", polish)
builder.add_edge(START, "begin")
builder.add_edge("begin", "try_one")
builder.add_conditional_edges("try_one", again)
builder.add_conditional_edges("polish", in_time)
graph = builder.compile().with_config(recursion_limit=20)

given = {"seed": 5}
