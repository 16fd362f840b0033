"""Keys that come from the input, a subgraph, a tool's Command, a constant's name."""

from typing import NotRequired

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict

TENANT = "tenant"
COUNT = "count"


class Input(TypedDict):
    tenant: str
    text: str
    dry_run: NotRequired[bool]


class State(Input):
    entities: NotRequired[list[str]]
    count: NotRequired[int]
    language: NotRequired[str]
    audit: NotRequired[str]


class Entities(TypedDict):
    text: str
    entities: list[str]


def extract(state: Entities):
    return {"entities": [word for word in state["text"].split() if word.istitle()]}


entities = StateGraph(Entities)
entities.add_node("extract", extract)
entities.add_edge(START, "extract")
entities.add_edge("extract", END)


def detect(state: State):
    return Command(update={"language": "en" if " the " in state["text"] else "??"})


def count(state: State):
    found = list(state["entities"]) if "entities" in state else []
    return {COUNT: len(found)}


def audit(state: State):
    if state.get("dry_run"):
        return {}
    count = state[COUNT]
    return {"audit": f"{state[TENANT]}: {count} in {state['language']}, {list(state)}"}


builder = StateGraph(State, input_schema=Input)
builder.add_node("detect", detect)
builder.add_node("entities", entities.compile())
builder.add_node("count", count)
builder.add_node("audit", audit)
builder.add_edge(START, "detect")
builder.add_edge("detect", "entities")
builder.add_edge("entities", "count")
builder.add_edge("count", "audit")
builder.add_edge("audit", END)
graph = builder.compile()

given = {"tenant": "acme", "text": "Ada met Grace at the Lido"}
