"""A pydantic state whose nodes give back the state itself, changed by model_copy."""

from typing import Literal

from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, ConfigDict, Field


class Ticket(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    priority: Literal["low", "high"] = "low"
    tags: list[str] = Field(default_factory=list)
    assignee: str | None = None


async def triage(state: Ticket) -> Ticket:
    urgent = "urgent" in state.title.lower()
    return state.model_copy(update={"priority": "high" if urgent else "low"})


async def tag(state: Ticket) -> Ticket:
    return state.model_copy(update={"tags": [*state.tags, state.priority]})


async def assign(state: Ticket) -> dict:
    return {"assignee": "on call" if state.priority == "high" else "backlog"}


builder = StateGraph(Ticket)
builder.add_node("triage", triage)
builder.add_node("tag", tag)
builder.add_node("assign", assign)
builder.add_edge(START, "triage")
builder.add_edge("triage", "tag")
builder.add_edge("tag", "assign")
builder.add_edge("assign", END)
graph = builder.compile()

given = {"title": "URGENT: the printer is on fire"}
