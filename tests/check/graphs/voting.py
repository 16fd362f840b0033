"""Voting: the same question to several voters in parallel, an aggregator counts."""

import operator
from collections import Counter
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

VOTERS = 5


class State(TypedDict):
    text: str
    votes: Annotated[list[bool], operator.add]
    is_spam: bool


def make_voter(threshold: int):
    async def voter(state: State):
        loud = sum(letter.isupper() for letter in state["text"])
        return {"votes": [loud > threshold]}

    return voter


def aggregate(state: State):
    counted = Counter(state["votes"])
    return {"is_spam": counted[True] > counted[False]}


def build() -> StateGraph:
    made = StateGraph(State)
    made.add_node("aggregate", aggregate)
    for number in range(VOTERS):
        name = f"voter_{number}"
        made.add_node(name, make_voter(number * 2))
        made.add_edge(START, name)
        made.add_edge(name, "aggregate")
    made.add_edge("aggregate", END)
    return made


builder = build()
graph = builder.compile(name="voting")

given = {"text": "BUY NOW, please"}
