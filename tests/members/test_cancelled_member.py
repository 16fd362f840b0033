"""A member that raises `CancelledError` by itself has failed; one that is cancelled has not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph

import stretto
from stretto import Policy, member
from stretto.errors import MemberFailed
from stretto.patterns import board, saga, sequential, swarm

ASKED: Any = {"messages": [("user", "go")]}
UNDONE: list[str] = []


def take_back(output: Any, brief: Any) -> None:
    """Undo a step."""
    UNDONE.append(output)


async def lost(state: Any) -> str:
    """Wait for something that was cancelled."""
    raise asyncio.CancelledError("mine")


def lost_in_a_thread(state: Any) -> str:
    """The same, not async."""
    raise asyncio.CancelledError("mine")


async def helper(state: Any) -> str:
    """Work."""
    return "helped"


def lost_graph() -> Any:
    """A graph whose node does it."""
    graph = StateGraph(MessagesState)
    graph.add_node("lost", lost)
    graph.add_edge(START, "lost")
    graph.add_edge("lost", END)
    return graph.compile(name="lost")


@pytest.mark.parametrize("thing", [lost, lost_in_a_thread, member(lost, policy=Policy())])
async def test_a_cancellation_that_nobody_asked_for_is_the_members_failure(thing: Any) -> None:
    """It is named, with what helps."""
    with pytest.raises(MemberFailed, match=r"'lost.*nobody had cancelled it.*raise another error"):
        await sequential(helper, thing).compile().ainvoke(ASKED)


@pytest.mark.parametrize("thing", [lost, lost_in_a_thread, lost_graph()])
async def test_others_take_its_place(thing: Any) -> None:
    """In a swarm and at a board, as with any failure."""
    talked = await swarm([thing, helper]).compile().ainvoke(ASKED)
    assert talked["messages"][-1].text == "helped"
    worked = await board([thing, helper], tasks=["x", "y"]).compile().ainvoke(ASKED)
    assert [each.owner for each in worked["board"].values()] == ["helper", "helper"]


async def test_a_fallback_takes_over() -> None:
    """A policy sees an error."""
    safe = member(lost, policy=Policy(fallback={"to": [{"constant": "at least this"}]}))
    out = await sequential(safe).compile().ainvoke(ASKED)
    assert out["results"]["lost"] == "at least this"


async def test_what_was_done_beside_it_is_undone() -> None:
    """A saga's steps side by side."""
    UNDONE.clear()
    with pytest.raises(MemberFailed):
        await stretto.run(saga([(helper, take_back), lost]), "go", thread="t")
    assert UNDONE == ["helped"]


async def test_a_member_that_is_cancelled_stays_cancelled() -> None:
    """Who cancels a run gets the cancellation."""
    began = asyncio.Event()

    async def waits(state: Any) -> str:
        began.set()
        await asyncio.Event().wait()
        return "never"

    work = asyncio.create_task(sequential(waits).compile().ainvoke(ASKED))
    await began.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
