"""A trivial function over a thousand items."""

from __future__ import annotations

import operator
from typing import Annotated, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from bench.overhead.ways import Work
from stretto.patterns import map_reduce

ITEMS = 1_000


class Mapped(TypedDict, total=False):
    """What a map by hand keeps."""

    items: list[int]
    item: int
    sums: Annotated[list[int], operator.add]


def hand() -> Any:
    """One `Send` an item."""

    async def square(state: Any) -> dict[str, Any]:
        return {"sums": [state["item"] ** 2]}

    def out(state: Any) -> list[Send]:
        return [Send("square", {"item": item}) for item in state["items"]]

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Mapped)
    graph.add_node("square", square)
    graph.add_conditional_edges(START, out, ["square"])
    graph.add_edge("square", END)
    ready = graph.compile()

    async def turn() -> None:
        found = await ready.ainvoke({"items": list(range(ITEMS))})
        assert sum(found["sums"]) == sum(n * n for n in range(ITEMS))

    return turn


def ours() -> Any:
    """The pattern, in chunks."""

    async def square(items: list[int]) -> int:
        return sum(item**2 for item in items)

    graph = map_reduce(lambda: iter(range(ITEMS)), square, operator.add)
    ready = graph.compile()

    async def turn() -> None:
        found = await ready.ainvoke({"messages": [("human", "go")]})
        assert found["structured_response"] == sum(n * n for n in range(ITEMS))

    return turn


def mapping() -> Work:
    """The same sum both ways."""
    return Work("map over 1,000 items", {"by hand": hand(), "stretto": ours()}, {"stretto": 0.15})
