"""Thirty nodes: four departments with a lead, six workers and a list join each, then a board."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

DEPARTMENTS = ("legal", "sales", "design", "support")
WORKERS = 5


class State(TypedDict):
    brief: str
    plans: Annotated[dict[str, str], operator.or_]
    work: Annotated[list[str], operator.add]
    reports: Annotated[list[str], operator.add]
    decision: str


def intake(state: State):
    return {"brief": state["brief"].strip()}


def lead(department: str):
    def plan(state: State):
        return {"plans": {department: f"{department} plans {state['brief']}"}}

    return plan


def worker(department: str, number: int):
    def work(state: State):
        return {"work": [f"{state['plans'][department]}: part {number}"]}

    return work


def reporter(department: str):
    def report(state: State):
        mine = [line for line in state["work"] if line.startswith(department)]
        return {"reports": [f"{department}: {len(mine)} parts"]}

    return report


def board(state: State):
    return {"decision": "; ".join(sorted(state["reports"]))}


builder = StateGraph(State)
builder.add_node("intake", intake)
builder.add_node("board", board)
builder.add_edge(START, "intake")
for department in DEPARTMENTS:
    head, tail = f"{department}_lead", f"{department}_report"
    names = [f"{department}_{number}" for number in range(WORKERS)]
    builder.add_node(head, lead(department))
    builder.add_node(tail, reporter(department))
    builder.add_edge("intake", head)
    for number, name in enumerate(names):
        builder.add_node(name, worker(department, number))
        builder.add_edge(head, name)
    builder.add_edge(names, tail)
builder.add_edge([f"{department}_report" for department in DEPARTMENTS], "board")
builder.add_edge("board", END)
graph = builder.compile(name="company")

given = {"brief": " a new lamp "}
