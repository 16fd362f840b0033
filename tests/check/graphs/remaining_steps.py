"""A loop that stops because few steps remain, by the managed value RemainingSteps."""

import operator
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.managed import RemainingSteps
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    thoughts: Annotated[list[str], operator.add]
    remaining_steps: RemainingSteps
    answer: str


def think(state: State):
    return {"thoughts": [f"thought {len(state['thoughts']) + 1}"]}


def enough(state: State) -> Literal["think", "conclude"]:
    if state["remaining_steps"] <= 3:
        return "conclude"
    if "eureka" in state["thoughts"][-1]:
        return "conclude"
    return "think"


def conclude(state: State):
    return {"answer": f"{state['question']} {state['thoughts'][-1]}"}


builder = StateGraph(State)
builder.add_node("think", think)
builder.add_node("conclude", conclude)
builder.add_edge(START, "think")
builder.add_conditional_edges("think", enough)
builder.add_edge("conclude", END)
graph = builder.compile().with_config(recursion_limit=15)

given = {"question": "why?"}
