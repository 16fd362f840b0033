"""Plan and execute: a planner's steps are worked off one by one, then the plan is revised."""

import operator
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

MAX_REPLANS = 2


class PlanExecute(TypedDict):
    goal: str
    plan: list[str]
    past_steps: Annotated[list[tuple[str, str]], operator.add]
    replans: int
    response: str


def planner(state: PlanExecute):
    return {"plan": [f"look up {state['goal']}", f"sum up {state['goal']}"], "replans": 0}


def executor(state: PlanExecute):
    step, *rest = state["plan"]
    return {"plan": rest, "past_steps": [(step, f"did {step}")]}


def replanner(state: PlanExecute):
    done = len(state["past_steps"])
    if state["replans"] >= MAX_REPLANS or done >= 4:
        return {"response": "; ".join(result for _, result in state["past_steps"])}
    return {"plan": [f"check {state['goal']}"], "replans": state["replans"] + 1}


def more_steps(state: PlanExecute) -> Literal["executor", "replanner"]:
    return "executor" if state["plan"] else "replanner"


def should_end(state: PlanExecute) -> Literal["executor", "__end__"]:
    if state.get("response"):
        return END
    return "executor"


builder = StateGraph(PlanExecute)
builder.add_node("planner", planner)
builder.add_node("executor", executor)
builder.add_node("replanner", replanner)
builder.add_edge(START, "planner")
builder.add_edge("planner", "executor")
builder.add_conditional_edges("executor", more_steps)
builder.add_conditional_edges("replanner", should_end)
graph = builder.compile()

given = {"goal": "the height of the tower"}
