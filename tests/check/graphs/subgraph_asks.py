"""A subgraph that asks a person; the parent's checkpointer serves both."""

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class BookingState(TypedDict):
    city: str
    hotel: str


class TripState(TypedDict):
    city: str
    hotel: str
    summary: str


def search(state: BookingState):
    return {"hotel": f"Grand Hotel {state['city']}"}


def confirm(state: BookingState):
    hotel = interrupt({"question": "Which hotel?", "suggested": state["hotel"]})
    return {"hotel": hotel or state["hotel"]}


booking = StateGraph(BookingState)
booking.add_node(search)
booking.add_node(confirm)
booking.add_edge(START, "search")
booking.add_edge("search", "confirm")
booking.add_edge("confirm", END)


def summarize(state: TripState):
    return {"summary": f"{state['city']}: {state['hotel']}"}


def make_graph():
    made = StateGraph(TripState)
    made.add_node("booking", booking.compile())
    made.add_node("summarize", summarize)
    made.add_edge(START, "booking")
    made.add_edge("booking", "summarize")
    made.add_edge("summarize", END)
    return made


builder = make_graph()
graph = builder.compile(checkpointer=InMemorySaver())

given = {"city": "Oslo"}
answers = ["Hotel Bristol"]
