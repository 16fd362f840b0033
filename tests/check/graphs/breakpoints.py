"""Static breakpoints: the run stops before the tool node and is resumed without an answer."""

from langgraph.checkpoint.memory import MemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    order: str
    checked: bool
    shipped: str


def check_stock(state: State):
    return {"checked": bool(state["order"])}


def ship(state: State):
    return {"shipped": f"parcel with {state['order']}" if state["checked"] else ""}


builder = StateGraph(State)
builder.add_node("check_stock", check_stock)
builder.add_node("ship", ship)
builder.add_edge(START, "check_stock")
builder.add_edge("check_stock", "ship")
builder.add_edge("ship", END)
graph = builder.compile(checkpointer=MemorySaver(), interrupt_before=["ship"])

given = {"order": "a lamp"}
pauses = 1
