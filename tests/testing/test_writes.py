"""Writes to a storage counted, failed and killed at."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph

import stretto
from stretto.errors import InvalidInput, StateUnavailable
from stretto.testing import at_write, count_writes, fail_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

CHILD = """
import asyncio, sys
from pathlib import Path
import stretto
from stretto.testing import kill_at
from tests.testing.test_writes import greeter

async def main(home, n, when):
    async with stretto.open_storage(home=Path(home)) as storage:
        kill_at(storage, int(n), when, kind="checkpoint")
        await stretto.run(greeter(), "Hi", thread="t", storage=storage)

asyncio.run(main(*sys.argv[1:]))
"""


def greeter(ran: list[str] | None = None) -> Any:
    """A graph of two nodes."""

    def hello(state: MessagesState) -> dict[str, Any]:
        if ran is not None:
            ran.append("hello")
        return {"messages": [("ai", "Hello.")]}

    def bye(state: MessagesState) -> dict[str, Any]:
        if ran is not None:
            ran.append("bye")
        return {"messages": [("ai", "Bye.")]}

    graph = StateGraph(MessagesState)
    graph.add_sequence([("hello", hello), ("bye", bye)])
    graph.add_edge(START, "hello")
    graph.add_edge("bye", END)
    return graph


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[stretto.Storage]:
    """Open state in files."""
    async with stretto.open_storage(home=tmp_path / "state") as opened:
        yield opened


async def test_writes_of_both_kinds_are_counted(storage: stretto.Storage) -> None:
    """Each checkpoint and each batch of records is one; none is left out."""
    writes = count_writes(storage)
    await stretto.run(greeter(), "Hi", thread="t", storage=storage)
    config: Any = {"configurable": {"thread_id": "t"}}
    stored = [one async for one in storage.checkpointer.alist(config)]
    assert writes.kinds.count("checkpoint") >= len(stored) == 4
    assert 1 <= writes.kinds.count("journal") <= 1 + len(await storage.journal.records("t"))
    assert writes.count == len(writes.kinds)


async def test_something_is_done_once_at_the_named_write(storage: stretto.Storage) -> None:
    """Once before it and once after it, though others follow."""
    seen = list[str]()
    at_write(storage, 3, lambda: seen.append("after"), "after")
    writes = at_write(storage, 3, lambda: seen.append("before"))
    await stretto.run(greeter(), "Hi", thread="t", storage=storage)
    assert seen == ["before", "after"]
    assert writes.count > 3


async def test_a_run_whose_writes_fail_stops_and_can_be_resumed(tmp_path: Path) -> None:
    """At whichever write it is: it says so, and no node runs twice once its result is stored."""
    async with stretto.open_storage(home=tmp_path / "whole") as storage:
        writes = count_writes(storage)
        await stretto.run(greeter(), "Hi", thread="t", storage=storage)
    for n in range(1, writes.kinds.count("checkpoint") + 1):
        ran = list[str]()
        async with stretto.open_storage(home=tmp_path / str(n)) as storage:
            fail_at(storage, n, kind="checkpoint")
            with pytest.raises(StateUnavailable, match="told to fail"):
                await stretto.run(greeter(ran), "Hi", thread="t", storage=storage)
        assert len(ran) == len(set(ran))


async def test_a_run_that_cannot_be_journaled_stops(tmp_path: Path) -> None:
    """Its first batch of records is already one too many."""
    ran = list[str]()
    async with stretto.open_storage(home=tmp_path / "state") as storage:
        fail_at(storage, 1, kind="journal")
        with pytest.raises(StateUnavailable, match="told to fail"):
            await stretto.run(greeter(ran), "Hi", thread="t", storage=storage)
    assert ran == []


async def test_writes_of_one_kind_are_counted_alone(tmp_path: Path) -> None:
    """Those of the other kind neither count nor fail."""
    async with stretto.open_storage(home=tmp_path / "state") as storage:
        writes = fail_at(storage, 99, kind="checkpoint")
        seen = list[int]()
        at_write(
            storage, 2, lambda: seen.append(writes.kinds.count("checkpoint")), kind="checkpoint"
        )
        await stretto.run(greeter(), "Hi", thread="t", storage=storage)
    assert seen == [1]  # the outer watch notes its own write before the inner one


@pytest.mark.parametrize("n", [1, 3, 5])
async def test_a_write_may_fail_for_a_while(tmp_path: Path, n: int) -> None:
    """A storage told to wait tries again, and the run does not notice."""
    async with stretto.open_storage(home=tmp_path / "state", wait=30) as storage:
        gone = StateUnavailable("gone for a moment")
        writes = fail_at(storage, n, gone, times=2, kind="checkpoint")
        result = await stretto.run(greeter(), "Hi", thread="t", storage=storage)
    assert result.text == "Bye."
    assert writes.kinds.count("checkpoint") > n + 2


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_process_is_killed_at_the_named_write(tmp_path: Path, when: str) -> None:
    """Nothing that was stored is lost, and a resume goes on from there."""
    home = tmp_path / "state"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, home, "4", when)
    assert await process.wait() == -signal.SIGKILL
    async with stretto.open_storage(home=home) as storage:
        result = await stretto.resume(greeter(), "t", storage=storage)
    assert [m.text for m in result.value["messages"]] == ["Hi", "Hello.", "Bye."]


@pytest.mark.parametrize("n", [0, -1])
def test_writes_are_counted_from_one(storage: stretto.Storage, n: int) -> None:
    """There is no write before the first."""
    with pytest.raises(InvalidInput, match="counted from 1"):
        fail_at(storage, n)
    with pytest.raises(InvalidInput, match="counted from 1"):
        at_write(storage, n, lambda: None)
