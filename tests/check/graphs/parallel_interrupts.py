"""Two departments are asked at the same time; their answers are given by interrupt id."""

import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class Contract(TypedDict):
    text: str
    opinions: Annotated[dict[str, str], operator.or_]
    verdict: str


def ask_legal(state: Contract):
    said = interrupt({"department": "legal", "text": state["text"]})
    return {"opinions": {"legal": said}}


def ask_finance(state: Contract):
    said = interrupt({"department": "finance", "text": state["text"]})
    return {"opinions": {"finance": said}}


def decide(state: Contract):
    agreed = all(opinion == "yes" for opinion in state["opinions"].values())
    return {"verdict": "sign" if agreed else "decline"}


builder = StateGraph(Contract)
builder.add_node("ask_legal", ask_legal)
builder.add_node("ask_finance", ask_finance)
builder.add_node("decide", decide)
builder.add_edge(START, "ask_legal")
builder.add_edge(START, "ask_finance")
builder.add_edge(["ask_legal", "ask_finance"], "decide")
builder.add_edge("decide", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"text": "We rent the hall."}
answers = [["yes", "yes"]]
