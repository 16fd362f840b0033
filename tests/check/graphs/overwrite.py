"""A list that grows by its reducer is emptied by Overwrite at the beginning of a turn."""

import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Overwrite
from typing_extensions import TypedDict


class Turn(TypedDict):
    question: str
    notes: Annotated[list[str], operator.add]
    answer: str


def begin(state: Turn):
    return {"notes": Overwrite([]), "answer": ""}


def look_up(state: Turn):
    return {"notes": [f"a note on {state['question']}"]}


def ask_friend(state: Turn):
    return {"notes": [f"a friend on {state['question']}"]}


def answer(state: Turn):
    return {"answer": " and ".join(sorted(state["notes"]))}


builder = StateGraph(Turn)
builder.add_node("begin", begin)
builder.add_node("look_up", look_up)
builder.add_node("ask_friend", ask_friend)
builder.add_node("answer", answer)
builder.add_edge(START, "begin")
builder.add_edge("begin", "look_up")
builder.add_edge("begin", "ask_friend")
builder.add_edge(["look_up", "ask_friend"], "answer")
builder.add_edge("answer", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"question": "tea"}
