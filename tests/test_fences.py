"""Who has lost a thread to another process writes nothing more: checkpoints and records."""

from __future__ import annotations

import asyncio
import contextvars
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

import stretto
from stretto.errors import ThreadBusy, ThreadTaken
from stretto.journal import fences
from stretto.records import NodeStarted
from stretto.runs import Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from stretto.journal.backend import Session


class State(TypedDict, total=False):
    """What was done."""

    done: Annotated[list[str], lambda a, b: [*a, *b]]


@pytest.fixture
async def other(place: dict[str, Any], storage: Storage) -> AsyncIterator[Storage]:
    """The same state, open a second time: as another process has it."""
    async with open_storage(**place) as opened:
        yield opened


async def elsewhere(graph: Any, storage: Storage) -> Any:
    """Take the thread over and end its turn, knowing nothing of the run that has it."""
    coming = stretto.resume(graph, "t", storage=storage, take_over=True)
    return await asyncio.create_task(coming, context=contextvars.Context())


def graph_of(*nodes: Any) -> StateGraph[Any, Any, Any, Any]:
    """A chain."""
    graph = StateGraph(State)
    before = START
    for node in nodes:
        graph.add_node(node.__name__, node)
        graph.add_edge(before, node.__name__)
        before = node.__name__
    graph.add_edge(before, END)
    return graph


async def test_a_taken_thread_is_lost_to_who_had_it(storage: Storage, other: Storage) -> None:
    """The zombie's step is not stored, its next effect does not start, and it is told why."""
    done: list[str] = []

    async def effect_of(name: str) -> str:
        done.append(name)
        return name

    async def first(state: State) -> State:
        if not done:
            done.append("zombie")
            result = await elsewhere(graph, other)
            assert result.value["done"] == ["one", "two"]
            await stretto.effect("late", effect_of, "late")
        return {"done": [await stretto.effect("one", effect_of, "one")]}

    async def second(state: State) -> State:
        return {"done": [await stretto.effect("two", effect_of, "two")]}

    graph = graph_of(first, second)
    with pytest.raises(ThreadTaken, match="stretto watch t"):
        await stretto.run(graph, {}, thread="t", storage=storage)
    assert done == ["zombie", "one", "two"]
    kept = await storage.checkpointer.aget_tuple({"configurable": {"thread_id": "t"}})
    assert kept is not None
    assert kept.checkpoint["channel_values"]["done"] == ["one", "two"]
    ends = [r for r in await storage.journal.records("t") if r.type == "run_ended"]
    assert [r.status for r in ends] == ["done"]


async def test_what_a_zombie_returns_is_not_stored(storage: Storage, other: Storage) -> None:
    """A node without effects, whose result comes too late."""
    runs: list[int] = []

    async def first(state: State) -> State:
        runs.append(1)
        if len(runs) == 1:
            await elsewhere(graph, other)
            return {"done": ["from the grave"]}
        return {"done": ["alive"]}

    graph = graph_of(first)
    with pytest.raises(ThreadTaken):
        await stretto.run(graph, {}, thread="t", storage=storage)
    result = await stretto.run(graph, {}, thread="t", storage=storage)
    assert result.value["done"] == ["alive", "alive"]


async def test_without_a_take_over_the_second_is_refused(storage: Storage, other: Storage) -> None:
    """One writer a thread, as before."""

    async def first(state: State) -> State:
        with pytest.raises(ThreadBusy):
            await stretto.resume(graph, "t", storage=other)
        return {"done": ["one"]}

    graph = graph_of(first)
    result = await stretto.run(graph, {}, thread="t", storage=storage)
    assert result.value["done"] == ["one"]


async def test_other_threads_go_on(storage: Storage, other: Storage) -> None:
    """A lost thread does not hold up what this process does elsewhere."""

    async def first(state: State) -> State:
        return {"done": ["one"]}

    graph = graph_of(first)
    async with storage.writing("lost"), other.writing("lost", take_over=True):
        result = await stretto.run(graph, {}, thread="mine", storage=storage)
        with pytest.raises(ThreadTaken):
            await storage.journal.check("lost")
    assert result.value["done"] == ["one"]


async def test_a_server_s_next_run_keeps_what_its_first_node_tells(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run takes the thread at its first write, while nodes begin already."""
    saver, journal = storage.checkpointer, storage.journal
    saver.takes = True
    real = fences.take

    def tell(time: float) -> None:
        journal.append(NodeStarted(time=time, thread="t", run="r", node="one"))

    def take(session: Session, thread: str, after: int | None = None) -> int:
        number = real(session, thread, after)
        tell(number + 0.5)
        return number

    monkeypatch.setattr(fences, "take", take)
    for turn in (1, 2, 3):
        config: Any = {
            "configurable": {"thread_id": "t", "checkpoint_ns": ""},
            "metadata": {"run_id": f"run {turn}"},
        }
        tell(turn)
        await saver.aput(config, empty_checkpoint(), {"source": "input", "step": turn}, {})
        assert journal.holds("t") == turn
    await journal.flush("t")
    assert [r.time for r in await journal.records("t")] == [1, 1.5, 2, 2.5, 3, 3.5]


async def test_a_lock_that_was_stolen_before_the_taking_is_noticed(
    storage: Storage, other: Storage
) -> None:
    """Who wakes up with a lock that is another's takes nothing, and does not fence the other out."""
    async with storage.locks.hold("t", wait=0) as lock:
        assert await lock.stands()
        async with other.writing("t", take_over=True):
            assert not await lock.stands()
            await other.journal.check("t")


async def test_a_taking_between_look_and_take_is_noticed(storage: Storage, other: Storage) -> None:
    """The number must still be the one that was seen while the lock stood."""
    seen = await storage.journal.fence("t")
    assert await other.checkpointer.take("t", after=seen) == seen + 1
    with pytest.raises(ThreadTaken):
        await storage.checkpointer.take("t", after=seen)
    await other.journal.check("t")


async def test_who_is_paused_within_a_write_does_not_stop_a_take_over(postgres_url: str) -> None:
    """Its session, which holds the row of the fence, is ended."""
    import psycopg

    async with open_storage(postgres_url) as storage:
        await storage.checkpointer.take("t")
        with psycopg.connect(postgres_url) as paused:
            paused.execute("SELECT * FROM stretto_checkpoint_fences FOR SHARE")
            async with asyncio.timeout(30):
                assert await storage.checkpointer.take("t") == 2
            with pytest.raises(psycopg.OperationalError):
                paused.execute("SELECT 1")
