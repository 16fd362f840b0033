"""Either-or branches of unequal length that meet again, and all write the same key."""

from enum import StrEnum

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Level(StrEnum):
    EASY = "easy"
    HARD = "hard"


EASY, OUTLINE, WRITE, POLISH = "easy", "outline", "write", "polish"


class State(TypedDict):
    task: str
    outline: str
    text: str


def level(state: State) -> Level:
    return Level.HARD if len(state["task"]) > 20 else Level.EASY


def easy(state: State):
    return {"text": f"Short: {state['task']}"}


def outline(state: State):
    return {"outline": f"1. {state['task']}"}


def write(state: State):
    return {"text": f"Long: {state['outline']}"}


def polish(state: State):
    text = state["text"]
    text += "." if not text.endswith(".") else ""
    return {"text": text}


builder = StateGraph(State)
builder.add_node(EASY, easy)
builder.add_node(OUTLINE, outline)
builder.add_node(WRITE, write)
builder.add_node(POLISH, polish)
builder.add_conditional_edges(START, level, {Level.EASY: EASY, Level.HARD: OUTLINE})
builder.add_edge(OUTLINE, WRITE)
builder.add_edge(WRITE, POLISH)
builder.add_edge(EASY, POLISH)
builder.add_edge(POLISH, END)
graph = builder.compile()

given = {"task": "A history of the umbrella"}
