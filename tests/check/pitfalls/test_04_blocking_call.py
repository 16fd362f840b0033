"""A timeout that never fires, and one that is refused: LangGraph, then what `check` finds."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from langgraph.errors import NodeTimeoutError
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.check import check


class State(TypedDict):
    """A text."""

    text: str


async def sleeps(state: State) -> dict[str, Any]:
    """Hold the event loop."""
    time.sleep(0.2)  # noqa: ASYNC251
    return {"text": "late"}


async def waits(state: State) -> dict[str, Any]:
    """Let others go on."""
    await asyncio.sleep(0.2)
    return {"text": "late"}


def is_sync(state: State) -> dict[str, Any]:
    """Run in a thread."""
    return {"text": "late"}


def _timed(node: Any) -> StateGraph[Any, Any, Any, Any]:
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(State)
    builder.add_node("node", node, timeout=0.05)
    builder.add_edge(START, "node")
    builder.add_edge("node", END)
    return builder


async def test_a_late_result_of_a_node_that_blocks_is_taken():
    """Its timeout does not fire, and what comes four times too late counts."""
    with pytest.raises(NodeTimeoutError):
        await _timed(waits).compile().ainvoke({"text": ""})
    graph = _timed(sleeps).compile()
    assert await graph.ainvoke({"text": ""}) == {"text": "late"}
    assert check(_timed(waits).compile()) == []
    (found,) = check(graph)
    assert (found.code, found.severity, found.certainty) == ("P404", "error", "proved")


def test_a_timeout_on_a_synchronous_node_does_not_compile():
    """It is found in the graph that was not yet compiled."""
    builder = _timed(is_sync)
    with pytest.raises(ValueError, match="only supported for async nodes"):
        builder.compile()
    (found,) = check(builder)
    assert found.code == "P403"
