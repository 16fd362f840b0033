"""A human edits: a breakpoint by interrupt() takes the corrected text back into the state."""

from typing import NotRequired

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    source: str
    summary: NotRequired[str]
    edited: NotRequired[bool]
    published: NotRequired[str]


def summarize(state: State):
    return {"summary": state["source"][:40]}


def review(state: State):
    given_back = interrupt({"task": "Edit the summary.", "summary": state["summary"]})
    text = given_back["summary"].strip()
    return {"summary": text, "edited": text != state["summary"]}


def publish(state: State):
    mark = " (edited)" if state.get("edited") else ""
    return {"published": f"{state['summary']}{mark}"}


builder = StateGraph(State)
builder.add_node("summarize", summarize)
builder.add_node("review", review)
builder.add_node("publish", publish)
builder.add_edge(START, "summarize")
builder.add_edge("summarize", "review")
builder.add_edge("review", "publish")
builder.add_edge("publish", END)
checkpointer = InMemorySaver()
graph = builder.compile(checkpointer=checkpointer, name="editor")

given = {"source": "The quick brown fox jumps over the lazy dog, then sleeps."}
answers = [{"summary": "A fox jumps over a dog."}]
