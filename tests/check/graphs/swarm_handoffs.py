"""A swarm by hand: agents are subgraphs that hand over by Command(graph=Command.PARENT)."""

from typing import Annotated, Literal

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command
from typing_extensions import TypedDict

Names = Literal["alice", "bob"]


class SwarmState(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]
    active_agent: Names


class AgentState(TypedDict):
    messages: Annotated[list[AnyMessage], add_messages]


def alice_thinks(state: AgentState) -> Command:
    said = AIMessage("I add: 5. Bob multiplies.", name="alice")
    return Command(
        goto="bob",
        graph=Command.PARENT,
        update={"messages": [*state["messages"], said], "active_agent": "bob"},
    )


def bob_thinks(state: AgentState):
    return {"messages": [AIMessage("I multiply: 35.", name="bob")]}


def agent(name: str, think):
    inner = StateGraph(AgentState)
    inner.add_node("think", think)
    inner.add_edge(START, "think")
    return inner.compile(name=name)


def route_to_active(state: SwarmState) -> Names:
    return state.get("active_agent", "alice")


builder = StateGraph(SwarmState)
builder.add_node("alice", agent("alice", alice_thinks), destinations=("bob",))
builder.add_node("bob", agent("bob", bob_thinks), destinations=("alice",))
builder.add_conditional_edges(START, route_to_active)
graph = builder.compile().with_config(recursion_limit=25)

given = {"messages": [("user", "(2 + 3) * 7?")]}
