"""What graphs remember beyond a thread: LangGraph's store, in a file or in Postgres."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime  # noqa: TC002 - LangGraph reads it
from langgraph.store.memory import InMemoryStore

import stretto
from stretto import effect
from stretto.checkpoint import open_store
from stretto.errors import InvalidInput, KeyUnknown, StateUnreadable
from stretto.journal.cipher import Cipher
from stretto.replay import replay

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.runs import Storage


@pytest.fixture
def at(place: dict[str, Any]) -> Any:
    """Where a store is kept: a file or a database."""
    return place.get("url") or place["home"] / "store.sqlite"


async def count(state: MessagesState, runtime: Runtime[Any]) -> dict[str, Any]:
    """Counts the turns of all threads."""
    store = runtime.store
    assert store is not None

    async def again() -> int:
        kept = await store.aget(("turns",), "all")
        number = (kept.value["number"] if kept else 0) + 1
        await store.aput(("turns",), "all", {"number": number})
        return number

    return {"messages": [("ai", f"turn {await effect('count', again)}")]}


def count_in_a_thread(state: MessagesState, runtime: Runtime[Any]) -> dict[str, Any]:
    """Counts, and does not await."""
    assert runtime.store is not None
    kept = runtime.store.get(("turns",), "all")
    number = (kept.value["number"] if kept else 0) + 1
    runtime.store.put(("turns",), "all", {"number": number})
    return {"messages": [("ai", f"turn {number}")]}


def graph(node: Any, **compiled: Any) -> Any:
    """A graph of one node."""
    made = StateGraph(MessagesState).add_node("count", node).add_edge(START, "count")
    return made.compile(name="counter", **compiled) if compiled else made


async def test_threads_share_what_a_graph_remembers(place: dict[str, Any]):
    """A second thread, in state that is opened anew, finds what the first one stored."""
    for number in (1, 2):
        async with stretto.open_storage(**place) as storage:
            made = await stretto.run(graph(count), "x", thread=f"t{number}", storage=storage)
        assert made.text == f"turn {number}"


async def test_synchronous_nodes_reach_it_from_their_thread(storage: Storage):
    """`get` and `put` work where a node is no coroutine."""
    for number in (1, 2):
        made = await stretto.run(graph(count_in_a_thread), "x", storage=storage)
        assert made.text == f"turn {number}"


async def test_a_graph_in_a_graph_has_the_store_of_the_run(storage: Storage):
    """A member that is a graph remembers in the same place."""
    inner = graph(count).compile(name="inner")
    await stretto.run(graph(count), "x", storage=storage)
    made = await stretto.run(stretto.sequential(inner), "x", storage=storage)
    assert made.text == "turn 2"


async def test_a_graph_that_brings_its_own_store_keeps_it(storage: Storage):
    """What it was compiled with counts."""
    own = InMemoryStore()
    await stretto.run(graph(count, store=own), "x", storage=storage)
    assert own.get(("turns",), "all") is not None
    assert await storage.store.aget(("turns",), "all") is None


async def test_what_nobody_remembers_makes_no_file(tmp_path: Path):
    """The store is opened, and its file made, when it is first used."""

    async def forgetful(state: MessagesState) -> dict[str, Any]:
        return {"messages": [("ai", "hm")]}

    async with stretto.open_storage(home=tmp_path) as storage:
        await stretto.run(graph(forgetful), "x", storage=storage)
        assert not (tmp_path / "store.sqlite").exists()
        await stretto.run(graph(count), "x", storage=storage)
        assert (tmp_path / "store.sqlite").exists()


async def test_a_replay_leaves_the_store_alone(storage: Storage):
    """What was stored is not stored again, and a replay finds the same."""
    await stretto.run(graph(count), "x", thread="t", storage=storage)
    done = await replay(graph(count), "t", storage=storage)
    assert done.same, done
    kept = await storage.store.aget(("turns",), "all")
    assert kept is not None
    assert kept.value == {"number": 1}


async def test_values_are_encrypted_with_a_key(at: Any):
    """Nothing readable is stored, the same key reads it, another says which one is missing."""
    cipher = Cipher(b"k" * 32)
    async with open_store(at, cipher=cipher) as store:
        await store.aput(("who",), "ann", {"plan": "velvet"})
        assert [each.value for each in await store.asearch(("who",))] == [{"plan": "velvet"}]
        with pytest.raises(InvalidInput, match="by its key"):
            await store.asearch(("who",), filter={"plan": "velvet"})
    async with open_store(at) as store:
        bare = await store.aget(("who",), "ann")
        assert bare is not None
        assert "velvet" not in str(bare.value)
    async with open_store(at, cipher=Cipher(b"o" * 32)) as store:
        with pytest.raises(KeyUnknown):
            await store.aget(("who",), "ann")


async def test_what_is_deleted_is_gone(at: Any):
    """A value can be forgotten."""
    async with open_store(at) as store:
        await store.aput(("who",), "ann", {"plan": "velvet"})
        await store.adelete(("who",), "ann")
        assert await store.aget(("who",), "ann") is None


async def test_many_at_once_open_it_once(at: Any):
    """Tasks that begin together share one opening."""
    async with open_store(at) as store:
        await asyncio.gather(*(store.aput(("n",), str(n), {"n": n}) for n in range(20)))
        assert len(await store.asearch(("n",), limit=50)) == 20


async def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path):
    """Another database is refused by name."""
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    async with open_store(path) as store:
        with pytest.raises(StateUnreadable, match="move it away"):
            await store.aget(("n",), "1")


async def test_a_call_that_would_wait_for_itself_is_refused(tmp_path: Path):
    """Async code must await."""
    async with open_store(tmp_path / "store.sqlite") as store:
        with pytest.raises(InvalidInput, match="aget"):
            store.get(("n",), "1")
