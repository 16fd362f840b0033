"""A run that was undone is replayed, and the replay undoes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from stretto import compensate, effect, run
from stretto.members.compensation import compensating
from stretto.members.where import here
from stretto.replay import replay

if TYPE_CHECKING:
    from stretto.runs import Storage

SEEN: list[str] = []


class State(TypedDict, total=False):
    """What the graph works on."""

    done: str


def book(what: str) -> str:
    """Do a step."""
    SEEN.append(f"book {what}")
    return what


def cancel(result: str, what: str) -> None:
    """Undo it."""
    SEEN.append(f"cancel {what}")


def trip(*, fails: bool) -> StateGraph[Any, Any, Any, Any]:
    """A graph of one member, which fails or not."""

    async def work() -> State:
        done = await effect("book", book, "a", effect="idempotent", undo=cancel)
        if fails:
            raise ValueError("no")
        return {"done": done}

    async def node(state: State) -> Any:
        return await compensating(here(), "trip", work)

    graph = StateGraph(State)
    graph.add_node("trip", node)
    graph.add_edge(START, "trip")
    return graph


async def test_a_replay_undoes_nothing(storage: Storage) -> None:
    """And does the same as the run that failed and was undone."""
    SEEN.clear()
    with pytest.raises(ValueError, match="no"):
        await run(trip(fails=True), {}, thread="t", storage=storage)
    assert SEEN == ["book a", "cancel a"]
    records = len(await storage.journal.records("t"))
    found = await replay(trip(fails=True), "t", storage=storage)
    assert found.same, str(found)
    assert SEEN == ["book a", "cancel a"]
    assert len(await storage.journal.records("t")) == records


async def test_a_turn_that_was_undone_later_is_replayed(storage: Storage) -> None:
    """As it was before."""
    SEEN.clear()
    await run(trip(fails=False), {}, thread="t", storage=storage)
    await compensate("t", storage=storage)
    found = await replay(trip(fails=False), "t", storage=storage)
    assert found.same, str(found)
    assert SEEN == ["book a", "cancel a"]
