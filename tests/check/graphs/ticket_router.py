"""A router: a classifier writes its label, a branch with a Literal reads it."""

from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    ticket: str
    kind: str
    answer: str


def classify(state: State):
    text = state["ticket"].lower()
    if "invoice" in text or "refund" in text:
        return {"kind": "billing"}
    if "crash" in text:
        return {"kind": "technical"}
    return {"kind": "general"}


def pick(state: State) -> Literal["billing", "technical", "general"]:
    if state["kind"] == "billing":
        return "billing"
    if state["kind"] == "technical":
        return "technical"
    return "general"


def billing(state: State):
    return {"answer": f"Accounting looks at: {state['ticket']}"}


def technical(state: State):
    return {"answer": f"Support looks at: {state['ticket']}"}


def general(state: State):
    return {"answer": "Thank you for writing to us."}


builder = StateGraph(State)
builder.add_node("classify", classify)
builder.add_node("billing", billing)
builder.add_node("technical", technical)
builder.add_node("general", general)
builder.add_edge(START, "classify")
builder.add_conditional_edges("classify", pick)
builder.add_edge("billing", END)
builder.add_edge("technical", END)
builder.add_edge("general", END)
graph = builder.compile()

given = {"ticket": "The app had a crash on start"}
