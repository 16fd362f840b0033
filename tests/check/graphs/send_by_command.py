"""Orchestrator and workers: a node sends by Command(goto=[Send...]) and updates at once."""

import operator
from typing import Annotated, Literal

from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send
from typing_extensions import TypedDict


class Report(TypedDict):
    subject: str
    sections: list[str]
    written: Annotated[list[str], operator.add]
    report: str


class SectionState(TypedDict):
    section: str


def orchestrate(state: Report) -> Command[Literal["write_section"]]:
    sections = [f"{state['subject']}: {part}" for part in ("history", "today", "outlook")]
    return Command(
        update={"sections": sections},
        goto=[Send("write_section", {"section": section}) for section in sections],
    )


def write_section(state: SectionState):
    return {"written": [f"## {state['section']}\n..."]}


def synthesize(state: Report):
    return {"report": "\n\n".join(sorted(state["written"]))}


builder = StateGraph(Report)
builder.add_node("orchestrate", orchestrate)
builder.add_node("write_section", write_section)
builder.add_node("synthesize", synthesize)
builder.add_edge(START, "orchestrate")
builder.add_edge("write_section", "synthesize")
builder.set_finish_point("synthesize")
graph = builder.compile()

given = {"subject": "trains"}
