"""A supervisor that routes by Command to its workers, which report back to it."""

from typing import Literal

from langchain_core.messages import AIMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

MAX_TURNS = 6


class State(MessagesState):
    turns: int


def decide(names: list[str]) -> str:
    for worker in ("researcher", "coder"):
        if worker not in names:
            return worker
    return "FINISH"


def supervisor(state: State) -> Command[Literal["researcher", "coder", "__end__"]]:
    turns = state.get("turns", 0)
    chosen = decide([m.name for m in state["messages"] if m.name])
    if chosen == "FINISH" or turns >= MAX_TURNS:
        return Command(goto=END, update={"turns": turns})
    return Command(goto=chosen, update={"turns": turns + 1})


def researcher(state: State) -> Command[Literal["supervisor"]]:
    said = AIMessage(f"Read {len(state['messages'])} messages.", name="researcher")
    return Command(update={"messages": [said]}, goto="supervisor")


def coder(state: State) -> Command[Literal["supervisor"]]:
    said = HumanMessage("print('done')", name="coder")
    return Command(update={"messages": [said]}, goto="supervisor")


builder = StateGraph(State)
builder.add_node("supervisor", supervisor)
builder.add_node("researcher", researcher)
builder.add_node("coder", coder)
builder.add_edge(START, "supervisor")
graph = builder.compile()

given = {"messages": [("user", "Count the primes below 100.")]}
