"""Defaults for all nodes, input_schema by node, metadata, an async graph with one store."""

from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    raw: str
    parsed: dict[str, str]
    valid: bool
    message: str


class ParseInput(TypedDict):
    raw: str


class Parsed(TypedDict):
    parsed: dict[str, str]


async def parse(state: ParseInput) -> Parsed:
    pairs = (part.partition("=") for part in state["raw"].split(";") if part)
    return {"parsed": {key.strip(): value.strip() for key, _, value in pairs}}


async def validate(state):
    return {"valid": {"name", "city"} <= state["parsed"].keys()}


async def report(state: State):
    word = "complete" if state["valid"] else "incomplete"
    return {"message": f"{len(state['parsed'])} fields, {word}"}


builder = StateGraph(State)
builder.set_node_defaults(
    retry_policy=RetryPolicy(max_attempts=2, retry_on=(ConnectionError, TimeoutError)),
    timeout=10.0,
)
builder.add_node("parse", parse, metadata={"role": "reader"})
builder.add_node("validate", validate, input_schema=Parsed)
builder.add_node("report", report)
builder.add_edge(START, "parse")
builder.add_edge("parse", "validate")
builder.add_edge("validate", "report")
builder.add_edge("report", END)
graph = builder.compile()

given = {"raw": "name=Ada; city=London"}
