"""An error handler that writes what the node could not, and goes where that would have gone."""

from typing import Literal

from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    query: str
    rows: list[str]
    errors: list[str]
    page: str


def query(state: State):
    if "drop" in state["query"]:
        raise PermissionError(state["query"])
    return {"rows": [state["query"]]}


def no_rows(state: State, error: NodeError) -> Command[Literal["render"]]:
    errors = [f"{error.node}: {error.error!r}"]
    return Command(update={"rows": [], "errors": errors}, goto="render")


def render(state: State):
    lines = [*state["rows"], *state.get("errors", [])]
    return {"page": "\n".join(lines)}


builder = StateGraph(State)
builder.add_node("query", query, error_handler=no_rows)
builder.add_node("render", render)
builder.add_edge(START, "query")
builder.add_edge("query", "render")
builder.add_edge("render", END)
graph = builder.compile()

given = {"query": "drop table"}
