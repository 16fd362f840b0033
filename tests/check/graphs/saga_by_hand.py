"""A saga by hand: each failed booking leads to the compensation of those before it."""

import operator
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class Trip(TypedDict):
    city: str
    booked: Annotated[list[str], operator.add]
    undone: Annotated[list[str], operator.add]
    error: str
    outcome: str


def hotel(state: Trip) -> Command[Literal["flight"]]:
    return Command(update={"booked": [f"hotel in {state['city']}"]}, goto="flight")


def flight(state: Trip) -> Command[Literal["confirm", "compensate"]]:
    try:
        number = {"Rome": "AZ 1", "Paris": "AF 2"}[state["city"]]
    except KeyError:
        return Command(update={"error": "no flight"}, goto="compensate")
    return Command(update={"booked": [f"flight {number}"]}, goto="confirm")


def compensate(state: Trip):
    undone = [f"cancelled: {name}" for name in reversed(state["booked"])]
    return {"undone": undone, "outcome": state["error"]}


def confirm(state: Trip):
    return {"outcome": " and ".join(state["booked"])}


builder = StateGraph(Trip)
builder.add_node("hotel", hotel)
builder.add_node("flight", flight)
builder.add_node("confirm", confirm)
builder.add_node("compensate", compensate)
builder.add_edge(START, "hotel")
builder.add_edge("confirm", END)
builder.add_edge("compensate", END)
graph = builder.compile()

given = {"city": "Atlantis"}
