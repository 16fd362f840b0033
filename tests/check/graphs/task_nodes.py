"""Work within a node is split into tasks of the functional API, each stored as it ends."""

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import task
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    urls: list[str]
    pages: list[str]
    approved: bool


@task
async def load(url: str) -> str:
    return f"page of {url}"


async def load_all(state: State):
    futures = [load(url) for url in state["urls"]]
    return {"pages": [await future for future in futures]}


async def approve(state: State):
    return {"approved": interrupt({"pages": len(state["pages"])}) == "yes"}


builder = StateGraph(State)
builder.add_node("load_all", load_all)
builder.add_node("approve", approve)
builder.add_edge(START, "load_all")
builder.add_edge("load_all", "approve")
builder.add_edge("approve", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"urls": ["a", "b"]}
answers = ["yes"]
