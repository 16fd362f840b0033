"""Locks in the nodes, tools and functions of real graphs with real state."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import TYPE_CHECKING, Any

import pytest
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import interrupt

import stretto
from stretto import Agent, member, tool
from stretto.errors import Deadlock, InvalidInput, LockBusy
from stretto.members.locking import alone, lock
from stretto.policy import Bulkhead, Policy
from stretto.resilience.lock import NamedLock
from stretto.resilience.names import forget
from stretto.spec.tool import effect_of
from stretto.testing import Reply, ScriptedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stretto.members import Member
    from stretto.runs import Storage


@pytest.fixture(autouse=True)
def nobody_shares() -> Iterator[None]:
    """Bulkheads are those of one test."""
    forget()
    yield
    forget()


def team(one: Member) -> StateGraph[Any, Any, Any, Any]:
    """A team of one member, which says what it replies."""
    graph = StateGraph(MessagesState)
    node = one.node(
        lambda state: {"messages": state["messages"]},
        lambda state, reply: {"messages": [("ai", reply.text)]},
    )
    graph.add_node(one.name, node)
    graph.add_edge(START, one.name)
    graph.add_edge(one.name, END)
    return graph


async def until(true: Callable[[], bool]) -> None:
    """Go round until it is true."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)


async def test_a_run_waits_for_another_and_journals_it(storage: Storage) -> None:
    """With the lock's name and the seconds; who need not wait tells nothing."""
    found = await NamedLock("ticket-7").found()

    async def worker(state: Any) -> str:
        async with lock("ticket-7") as token:
            return f"number {token.number}"

    graph = team(member(worker))
    async with lock("ticket-7"):
        begun = stretto.run(graph, "Do it.", thread="t1", storage=storage)
        run = asyncio.create_task(
            begun, context=Context()
        )  # one begun within would borrow the lock
        await until(lambda: found.room.waiting == 1)
    async with asyncio.timeout(60):
        assert (await run).text == "number 2"
        assert (await stretto.run(graph, "Again.", thread="t2", storage=storage)).text == "number 3"
    waited = await storage.journal.records("t1", types=("waited",))
    assert [(each.on, each.name, each.node) for each in waited] == [  # type: ignore[union-attr]
        ("lock", "ticket-7", "worker")
    ]
    assert waited[0].seconds >= 0  # type: ignore[union-attr]
    assert await storage.journal.records("t2", types=("waited",)) == []


async def test_members_within_a_holder_borrow_it(storage: Storage) -> None:
    """Through a graph within a graph, and one after the other where they are parallel."""
    inside = most = 0

    async def step(state: Any) -> dict[str, Any]:
        nonlocal inside, most
        async with lock("file") as token:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            return {"messages": [("ai", str(token.number))]}

    inner = StateGraph(MessagesState)
    for name in ("left", "right"):
        inner.add_node(name, step)
        inner.add_edge(START, name)
        inner.add_edge(name, END)
    within = inner.compile()

    async def outer(state: Any) -> str:
        async with lock("file"):
            value = await within.ainvoke({"messages": []})
            return " ".join(str(m.content) for m in value["messages"])

    async with asyncio.timeout(60):
        result = await stretto.run(team(member(outer)), "Go.", storage=storage)
    assert result.text == "1 1"
    assert most == 1


async def test_two_runs_that_wait_for_each_other_are_told_which(storage: Storage) -> None:
    """By thread and node; the one that goes on ends well."""
    both = asyncio.Barrier(2)

    async def worker(state: Any) -> str:
        mine, other = str(state["messages"][-1].content).split()
        async with lock(mine):
            await both.wait()
            async with lock(other):
                return "done"

    graph = team(member(worker))
    runs = [
        stretto.run(graph, said, thread=thread, storage=storage)
        for thread, said in (("r1", "a b"), ("r2", "b a"))
    ]
    async with asyncio.timeout(60):
        results = await asyncio.gather(*runs, return_exceptions=True)
    (error,) = [each for each in results if isinstance(each, Deadlock)]
    assert set(error.cycle) == {
        "lock 'a' held by thread 'r1' (node 'worker')",
        "lock 'b' held by thread 'r2' (node 'worker')",
    }
    assert [each.text for each in results if not isinstance(each, BaseException)] == ["done"]


async def test_a_permit_of_a_member_and_a_lock_are_a_cycle_too(storage: Storage) -> None:
    """One run has the only permit and wants the lock, the other has the lock and wants the permit."""
    both = asyncio.Barrier(2)

    async def permitted(state: Any) -> str:
        await both.wait()
        async with lock("a"):
            return "done"

    one = member(permitted, policy=Policy(bulkhead=Bulkhead(limit=1, name="desk")))
    other = member(_quick, policy=Policy(bulkhead=Bulkhead(limit=1, name="desk")))
    desk = team(other).compile()

    async def locked(state: Any) -> str:
        async with lock("a"):
            await both.wait()
            await desk.ainvoke({"messages": [("user", "Go.")]})
            return "done"

    async with asyncio.timeout(60):
        results = await asyncio.gather(
            stretto.run(team(one), "Go.", thread="r1", storage=storage),
            stretto.run(team(member(locked)), "Go.", thread="r2", storage=storage),
            return_exceptions=True,
        )
    (error,) = [each for each in results if isinstance(each, Deadlock)]
    assert "a permit of bulkhead 'desk' held by thread 'r1'" in str(error)
    assert "lock 'a' held by thread 'r2' (node 'locked')" in str(error)


async def _quick(state: Any) -> str:
    return "done"


async def test_a_lock_is_not_held_while_a_person_is_asked(storage: Storage) -> None:
    """The node runs again when the answer is there, and takes it anew."""

    async def worker(state: Any) -> str:
        async with lock("a") as token:
            answer = interrupt("May I?")
            return f"{answer} {token.number}"

    graph = team(member(worker))
    asked = await stretto.run(graph, "Go.", thread="t", storage=storage)
    assert asked.status == "interrupted"
    async with lock("a", wait=0):
        pass
    result = await stretto.resume(graph, "t", "yes", storage=storage)
    assert result.text == "yes 3"


async def test_a_tool_holds_it_while_it_works(storage: Storage) -> None:
    """Two calls in one message follow each other."""
    inside = most = 0

    @tool(effect="idempotent")
    async def book(what: str) -> str:
        """Book it."""
        nonlocal inside, most
        async with lock("ledger"):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
            return what

    calls = [
        {"name": "book", "args": {"what": each}, "id": each, "type": "tool_call"} for each in "xy"
    ]
    model = ScriptedModel([Reply(tool_calls=calls), "Booked."])
    agent = Agent(name="clerk", prompt="Book.", tools=(book,), model=model)
    async with asyncio.timeout(60):
        result = await stretto.run(team(member(agent)), "Book x and y.", storage=storage)
    assert (result.text, most) == ("Booked.", 1)


async def test_a_single_writer_stays_what_it_was() -> None:
    """Its name, its first line, its effect; async or not, by a name or one that is worked out."""
    inside = most = 0

    @alone(lambda ticket: f"ticket-{ticket}")
    @tool(effect="idempotent")
    def update(ticket: int) -> int:
        """Write the ticket."""
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        inside -= 1
        return ticket

    async def append(line: str) -> str:
        return line

    assert (update.__name__, update.__doc__) == ("update", "Write the ticket.")
    assert effect_of(update) == "idempotent"
    async with asyncio.timeout(60):
        assert await asyncio.gather(*(update(7) for _ in range(5))) == [7] * 5
    assert most == 1
    assert await alone("log", append)("x") == "x"
    assert member(alone("log", append)).name == "append"


async def test_a_single_writer_waits_as_long_as_it_is_told() -> None:
    """And says who has it."""
    call = alone("log", _quick, wait=0)

    async def stranger() -> str:
        return str(await call({}))

    async with lock("log"):
        with pytest.raises(LockBusy, match="'log' is held by"):
            await asyncio.create_task(stranger(), context=Context())


def test_what_cannot_be_a_single_writer_is_refused() -> None:
    """Where it is made, not where it is called."""
    with pytest.raises(InvalidInput, match="cannot name a lock"):
        alone("", _quick)
    with pytest.raises(InvalidInput, match=r"cannot be alone. Give a function"):
        alone("a", "b")  # type: ignore[call-overload]
    with pytest.raises(InvalidInput, match="the wait of a lock"):
        alone(str, _quick, wait=-1)
