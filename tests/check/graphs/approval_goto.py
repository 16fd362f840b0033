"""A human approves: the node that asks goes on by Command(goto=...)."""

from typing import Literal

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    request: str
    draft: str
    decision: str
    sent: bool


def write_draft(state: State):
    return {"draft": f"Dear sir, as to {state['request']}: yes."}


def human_approval(state: State) -> Command[Literal["send", "cancel"]]:
    answer = interrupt({"question": "Send this?", "draft": state["draft"]})
    if answer == "approve":
        return Command(goto="send", update={"decision": "approved"})
    return Command(goto="cancel", update={"decision": "rejected"})


def send(state: State):
    return {"sent": state["decision"] == "approved"}


def cancel(state: State):
    return {"sent": False}


builder = StateGraph(State)
builder.add_node("write_draft", write_draft)
builder.add_node("human_approval", human_approval)
builder.add_node("send", send)
builder.add_node("cancel", cancel)
builder.add_edge(START, "write_draft")
builder.add_edge("write_draft", "human_approval")
builder.add_edge("send", END)
builder.add_edge("cancel", END)
graph = builder.compile(checkpointer=InMemorySaver())

given = {"request": "the garden fence"}
answers = ["approve"]
