"""Subgraphs as nodes that share keys with their parent and keep others to themselves."""

from typing import NotRequired

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class ParentState(TypedDict):
    logs: list[str]
    failures: NotRequired[list[str]]
    report: NotRequired[str]


class FailureState(TypedDict):
    logs: list[str]
    failures: list[str]
    worst: str


class FailureOutput(TypedDict):
    failures: list[str]


def get_failures(state: FailureState):
    return {"failures": [line for line in state["logs"] if "FAIL" in line]}


def rank(state: FailureState):
    if not state["failures"]:
        return {"worst": ""}
    return {"worst": max(state["failures"], key=len)}


def order(state: FailureState):
    rest = [line for line in state["failures"] if line != state["worst"]]
    return {"failures": [state["worst"], *rest] if state["worst"] else []}


analysis = StateGraph(FailureState, output_schema=FailureOutput)
analysis.add_sequence([get_failures, rank, order])
analysis.add_edge(START, "get_failures")


def clean(state: ParentState):
    return {"logs": [line.strip() for line in state["logs"] if line.strip()]}


def write_report(state: ParentState):
    return {"report": "\n".join(state.get("failures", [])) or "all is well"}


builder = StateGraph(ParentState)
builder.add_node("clean", clean)
builder.add_node("analysis", analysis.compile())
builder.add_node("write_report", write_report)
builder.add_edge(START, "clean")
builder.add_edge("clean", "analysis")
builder.add_edge("analysis", "write_report")
builder.add_edge("write_report", END)
graph = builder.compile(name="log_report")

given = {"logs": ["ok 1", "FAIL 2", " FAIL number 3 "]}
