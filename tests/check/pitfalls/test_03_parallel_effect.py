"""FACTS 2.3: one parallel branch fails, the others are cancelled, and what they did they repeat."""

# ruff: noqa: D103, ASYNC230 - nodes as strangers write them
from __future__ import annotations

import asyncio
import operator
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.check import check

if TYPE_CHECKING:
    from pathlib import Path

CONFIG: Any = {"configurable": {"thread_id": "1"}}


class State(TypedDict):
    """A state."""

    book: str
    done: Annotated[list[str], operator.add]


class Shop:
    """A service that is down when it is asked first."""

    asked = 0

    async def invoke(self) -> str:
        """Answer, or fail."""
        self.asked += 1
        await asyncio.sleep(0.05)
        if self.asked == 1:
            raise RuntimeError("the shop is closed")
        return "open"


shop = Shop()


async def order(state: State) -> dict[str, Any]:
    with open(state["book"], "a", encoding="utf-8") as file:  # noqa: PTH123 - an effect
        file.write("a lamp\n")
    await asyncio.sleep(0.3)
    return {"done": ["ordered"]}


async def ask(state: State) -> dict[str, Any]:
    return {"done": [await shop.invoke()]}


def made() -> StateGraph[Any, Any, Any, Any]:
    builder = StateGraph(State)
    builder.add_node("order", order)
    builder.add_node("ask", ask)
    builder.add_edge(START, "order")
    builder.add_edge(START, "ask")
    builder.add_edge("order", END)
    builder.add_edge("ask", END)
    return builder


async def test_what_a_cancelled_sibling_did_it_does_again(tmp_path: Path):
    """LangGraph runs the sibling of a failed node again from its top."""
    book = tmp_path / "book"
    graph = made().compile(checkpointer=InMemorySaver())
    with pytest.raises(RuntimeError, match="closed"):
        await graph.ainvoke({"book": str(book), "done": []}, CONFIG)
    await graph.ainvoke(None, CONFIG)
    assert book.read_text() == "a lamp\na lamp\n"


def test_it_is_found():
    """The effect beside a node that may fail."""
    (found,) = [each for each in check(made()) if each.code == "E306"]
    assert (found.node, found.certainty) == ("order", "possible")
    assert "'ask'" in found.message
