"""A dispatcher whose target is a value of the state, declared by destinations=."""

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    stages: list[str]
    text: str


def dispatch(state: State) -> Command:
    if not state["stages"]:
        return Command(goto=END)
    stage, *rest = state["stages"]
    return Command(goto=stage, update={"stages": rest})


def upper(state: State):
    return {"text": state["text"].upper()}


def strip(state: State):
    return {"text": state["text"].strip()}


def mark(state: State):
    return {"text": state["text"] + "!"}


builder = StateGraph(State)
builder.add_node("dispatch", dispatch, destinations=("upper", "strip", "mark", END))
for stage in (upper, strip, mark):
    builder.add_node(stage.__name__, stage)
    builder.add_edge(stage.__name__, "dispatch")
builder.add_edge(START, "dispatch")
graph = builder.compile().with_config(recursion_limit=30)

given = {"stages": ["strip", "upper", "mark"], "text": "  hello "}
