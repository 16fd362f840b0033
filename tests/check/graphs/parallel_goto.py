"""A Command that goes to several nodes at once, and a branch that gives a list of names."""

import operator
from collections.abc import Sequence
from typing import Annotated, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    checks: list[str]
    findings: Annotated[list[str], operator.add]
    verdict: str


def choose(state: State):
    checks = ["spelling", "facts"]
    return {"checks": [*checks, "law"] if "contract" in state["text"] else checks}


def selected(state: State) -> Sequence[str]:
    return [name for name in ("spelling", "facts", "law") if name in state["checks"]]


def spelling(state: State):
    return {"findings": ["spelling is right"]}


def facts(state: State):
    return {"findings": ["facts are right"]}


def law(state: State):
    return {"findings": ["it is lawful"]}


def gather(state: State) -> Command[Literal["archive", "notify"]]:
    verdict = f"{len(state['findings'])} checks"
    return Command(update={"verdict": verdict}, goto=["archive", "notify"])


def archive(state: State):
    return {"findings": ["archived"]}


def notify(state: State):
    return {"findings": ["notified"]}


builder = StateGraph(State)
builder.add_node(choose)
builder.add_node(spelling)
builder.add_node(facts)
builder.add_node(law)
builder.add_node(gather)
builder.add_node(archive)
builder.add_node(notify)
builder.add_edge(START, "choose")
builder.add_conditional_edges("choose", selected, ["spelling", "facts", "law"])
for name in ("spelling", "facts", "law"):
    builder.add_edge(name, "gather")
builder.add_edge("archive", END)
builder.add_edge("notify", END)
graph = builder.compile()

given = {"text": "a contract"}
