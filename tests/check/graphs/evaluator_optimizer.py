"""Evaluator and optimizer, with enum grades and a dataclass verdict in the state."""

import enum
from dataclasses import dataclass

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class Grade(enum.Enum):
    FUNNY = "funny"
    FLAT = "not funny"


@dataclass(frozen=True)
class Verdict:
    grade: Grade
    feedback: str


class State(TypedDict):
    topic: str
    joke: str
    verdict: Verdict | None
    tries: int


def generate(state: State):
    tries = state["tries"]
    verdict = state.get("verdict")
    extra = f" ({verdict.feedback})" if verdict else ""
    return {"joke": f"A {state['topic']} walks in{extra}{'!' * tries}", "tries": tries + 1}


def evaluate(state: State):
    if state["joke"].endswith("!!"):
        return {"verdict": Verdict(Grade.FUNNY, "")}
    return {"verdict": Verdict(Grade.FLAT, "louder")}


def route_joke(state: State):
    verdict = state["verdict"]
    if state["tries"] > 4:
        return "Give up"
    if verdict is not None and verdict.grade is Grade.FUNNY:
        return "Accepted"
    return "Rejected + Feedback"


builder = StateGraph(State)
builder.add_node("generate", generate)
builder.add_node("evaluate", evaluate)
builder.add_edge(START, "generate")
builder.add_edge("generate", "evaluate")
builder.add_conditional_edges(
    "evaluate",
    route_joke,
    {"Accepted": END, "Give up": END, "Rejected + Feedback": "generate"},
)
graph = builder.compile()

given = {"topic": "cat", "tries": 0}
