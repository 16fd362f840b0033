"""Branches as lambdas with a path_map, nodes as lambdas, True and False as keys."""

from langchain_core.runnables import RunnableLambda
from langgraph.graph import END, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    number: int
    steps: int
    odd: bool


builder = StateGraph(State)
builder.add_node("halve", lambda state: {"number": state["number"] // 2})
builder.add_node("triple", RunnableLambda(lambda state: {"number": state["number"] * 3 + 1}))
builder.add_node(
    "count",
    lambda state: {"steps": state.get("steps", 0) + 1, "odd": bool(state["number"] % 2)},
)
builder.set_entry_point("count")
builder.add_conditional_edges(
    "count",
    lambda state: "stop" if state["number"] <= 1 or state["steps"] > 50 else "on",
    {"stop": END, "on": "choose"},
)
builder.add_node("choose", lambda state: {"odd": state["number"] % 2 == 1})
builder.add_conditional_edges("choose", lambda s: s["odd"], {True: "triple", False: "halve"})
builder.add_edge("halve", "count")
builder.add_edge("triple", "count")
graph = builder.compile()

given = {"number": 6}
