"""A node that calls a workflow of the functional API, and one that calls a graph made on demand."""

from functools import lru_cache

from langgraph.func import entrypoint, task
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    words: list[str]
    report: str


class Inner(TypedDict):
    words: list[str]
    unique: int


@task
def normalize(word: str) -> str:
    return word.lower().strip(".,")


@entrypoint()
def tokenize(text: str) -> list[str]:
    futures = [normalize(word) for word in text.split()]
    return [future.result() for future in futures]


@lru_cache
def counting():
    inner = StateGraph(Inner)
    inner.add_node("count", lambda state: {"unique": len(set(state["words"]))})
    inner.add_edge(START, "count")
    inner.add_edge("count", END)
    return inner.compile(checkpointer=False)


def cut(state: State):
    return {"words": tokenize.invoke(state["text"])}


def report(state: State):
    counted = counting().invoke({"words": state["words"]})
    return {"report": f"{len(state['words'])} words, {counted['unique']} unique"}


builder = StateGraph(State)
builder.add_node("cut", cut)
builder.add_node("report", report)
builder.add_edge(START, "cut")
builder.add_edge("cut", "report")
builder.add_edge("report", END)
graph = builder.compile()

given = {"text": "The cat saw the other cat."}
