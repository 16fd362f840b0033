"""Optional work beside other work: the meeting point is deferred, as not all always come."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    wants: list[str]
    results: Annotated[dict[str, str], operator.or_]
    report: str


def plan(state: State):
    wants = ["summary"]
    if "?" in state["text"]:
        wants.append("questions")
    if any(letter.isdigit() for letter in state["text"]):
        wants.append("figures")
    return {"wants": wants}


def chosen(state: State) -> list[str]:
    return state["wants"] or ["report"]


def summary(state: State):
    return {"results": {"summary": state["text"][:12]}}


def questions(state: State):
    return {"results": {"questions": state["text"].partition("?")[0] + "?"}}


def figures(state: State):
    return {"results": {"figures": "".join(c for c in state["text"] if c.isdigit())}}


def check_figures(state: State):
    return {"results": {"checked": state["results"].get("figures", "none")}}


def report(state: State):
    lines = [f"{key}: {value}" for key, value in sorted(state["results"].items())]
    return {"report": "\n".join(lines)}


builder = StateGraph(State)
builder.add_node("plan", plan)
builder.add_node("summary", summary)
builder.add_node("questions", questions)
builder.add_node("figures", figures)
builder.add_node("check_figures", check_figures)
builder.add_node("report", report, defer=True)
builder.add_edge(START, "plan")
builder.add_conditional_edges("plan", chosen, ["summary", "questions", "figures", "report"])
builder.add_edge("summary", "report")
builder.add_edge("questions", "report")
builder.add_edge("figures", "check_figures")
builder.add_edge("check_figures", "report")
builder.add_edge("report", END)
graph = builder.compile()

given = {"text": "Is it 42?"}
