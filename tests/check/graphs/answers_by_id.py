"""Each reviewer is sent a page; all are asked at once, and each answer names its question."""

import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import GraphBubbleUp
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Send, interrupt
from typing_extensions import TypedDict


class Book(TypedDict):
    pages: list[str]
    verdicts: Annotated[list[str], operator.add]


class Page(TypedDict):
    text: str


def hand_out(state: Book):
    return [Send("review", {"text": page}) for page in state["pages"]]


def review(state: Page):
    try:
        said = interrupt({"page": state["text"]})
        return {"verdicts": [f"{state['text']}: {said.strip().lower()}"]}
    except GraphBubbleUp:
        raise
    except Exception as error:  # noqa: BLE001 - a stranger's
        return {"verdicts": [f"{state['text']}: {error}"]}


def collect(state: Book):
    return {"pages": []}


builder = StateGraph(Book)
builder.add_node("review", review)
builder.add_node("collect", collect)
builder.add_conditional_edges(START, hand_out, ["review"])
builder.add_edge("review", "collect")
builder.add_edge("collect", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"pages": ["one", "two", "three"], "verdicts": []}
answers = [["Good", "bad", "good"]]


def review_all(thread: str):
    config = {"configurable": {"thread_id": thread}}
    said = graph.invoke(given, config)
    for asked in said["__interrupt__"]:
        answer = input(f"{asked.value['page']}? ")
        said = graph.invoke(Command(resume={asked.id: answer}), config)
    return said
