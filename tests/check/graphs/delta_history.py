"""A long history in a DeltaChannel with a batch reducer."""

from typing import Annotated, Literal

from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


def extend(history: list[str] | None, writes: list[list[str]]) -> list[str]:
    made = list(history or [])
    for write in writes:
        made.extend(write)
    return made


class State(TypedDict):
    target: int
    ticks: int
    history: Annotated[list[str], DeltaChannel(extend, snapshot_frequency=10)]


def tick(state: State):
    now = state.get("ticks", 0) + 1
    return {"ticks": now, "history": [f"tick {now}"]}


def again(state: State) -> Literal["tick", "__end__"]:
    return "tick" if state["ticks"] < min(state["target"], 100) else END


builder = StateGraph(State)
builder.add_node("tick", tick)
builder.add_edge(START, "tick")
builder.add_conditional_edges("tick", again)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"target": 12}
