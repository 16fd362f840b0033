"""A node whose error handler goes to a fallback and says in the state what happened."""

from typing import Literal, NotRequired

from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    forecast: NotRequired[str]
    problem: NotRequired[str]
    said: NotRequired[str]


def fetch(state: State):
    if state["city"] == "Atlantis":
        raise ConnectionError("no such station")
    return {"forecast": f"sun in {state['city']}"}


def failed(state: State, error: NodeError) -> Command[Literal["guess"]]:
    return Command(update={"problem": f"{error.node}: {error.error}"}, goto="guess")


def guess(state: State):
    return {"forecast": f"perhaps rain in {state['city']}"}


def say(state: State):
    note = f" ({state['problem']})" if "problem" in state else ""
    return {"said": state.get("forecast", "nothing is known") + note}


builder = StateGraph(State)
builder.add_node(
    "fetch",
    fetch,
    retry_policy=RetryPolicy(max_attempts=2, initial_interval=0.01, retry_on=ConnectionError),
    error_handler=failed,
)
builder.add_node("guess", guess)
builder.add_node("say", say)
builder.add_edge(START, "fetch")
builder.add_edge("fetch", "say")
builder.add_edge("guess", "say")
builder.add_edge("say", END)
graph = builder.compile()

given = {"city": "Atlantis"}
