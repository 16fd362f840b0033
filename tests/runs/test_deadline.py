"""A run has a deadline: with a runner that ends it, and without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph

import stretto
from stretto.errors import LimitReached
from stretto.journal.handler import JournalHandler
from stretto.journal.install import installed
from stretto.policy import Limits
from stretto.testing import Clock

if TYPE_CHECKING:
    from stretto.runs import Storage


def steps(*nodes: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph of nodes in a row."""
    graph, before = StateGraph(MessagesState), START
    for node in nodes:
        graph.add_node(node.__name__, node)
        graph.add_edge(before, node.__name__)
        before = node.__name__
    return graph.add_edge(before, END)


async def test_what_hangs_is_ended_and_a_resume_has_the_time_anew(storage: Storage) -> None:
    """What was done before is stored."""
    ran: list[str] = []

    async def first(state: MessagesState) -> dict[str, Any]:
        ran.append("first")
        return {}

    async def second(state: MessagesState) -> dict[str, Any]:
        ran.append("second")
        if ran.count("second") == 1:
            await asyncio.get_running_loop().create_future()
        return {"messages": [("ai", "done")]}

    graph = steps(first, second)
    limits = Limits(seconds=3)
    with pytest.raises(LimitReached, match=r"used its 3 seconds.*--max-seconds"):
        await stretto.run(graph, "Go on.", thread="t", storage=storage, limits=limits)
    result = await stretto.resume(graph, "t", storage=storage, limits=limits)
    assert result.value["messages"][-1].content == "done"
    assert ran == ["first", "second", "second"]


async def test_without_a_runner_nothing_begins_after_it(
    storage: Storage,
) -> None:
    """As under a server: the node at work ends, the next does not begin."""
    clock = Clock()

    async def first(state: MessagesState) -> dict[str, Any]:
        clock.advance(100)
        return {}

    async def second(state: MessagesState) -> dict[str, Any]:
        raise AssertionError

    graph = steps(first, second).compile(checkpointer=storage.checkpointer)
    handler = JournalHandler(storage.journal, limits=Limits(seconds=60), ticks=clock)
    with installed(handler), pytest.raises(LimitReached, match="60 seconds"):
        await graph.ainvoke({"messages": []}, {"configurable": {"thread_id": "t"}})
