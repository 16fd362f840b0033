from __future__ import annotations

import asyncio
import threading
from contextvars import Context
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.errors import Deadlock
from stretto.resilience import waiting
from stretto.resilience.bulkhead import Bulkhead
from stretto.resilience.waiting import GRAPH, apart, asking, who


async def turns(number: int = 5) -> None:
    """Let the event loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


async def crossed(one: Bulkhead, two: Bulkhead, wait: float | None = None) -> list[object]:
    """Two tasks that take both in opposite orders."""
    ready = [asyncio.Event(), asyncio.Event()]

    async def task(first: Bulkhead, second: Bulkhead, number: int) -> str:
        async with first.permit():
            ready[number].set()
            await ready[1 - number].wait()
            async with second.permit(wait):
                return "done"

    tasks = [
        asyncio.create_task(task(one, two, 0), name="first"),
        asyncio.create_task(task(two, one, 1), name="second"),
    ]
    async with asyncio.timeout(30):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def test_two_permits_in_opposite_orders_are_a_deadlock() -> None:
    """The one who would close the cycle is told all of it, gives up, and the other goes on."""
    one, other = await crossed(Bulkhead("a", 1), Bulkhead("b", 1))
    assert other == "done" or one == "done"
    error = one if isinstance(one, Deadlock) else other
    assert isinstance(error, Deadlock)
    assert len(error.cycle) == 2
    assert {each.partition(" held by ")[0] for each in error.cycle} == {
        "a permit of bulkhead 'a'",
        "a permit of bulkhead 'b'",
    }
    assert "held by task 'first' waits for a permit of bulkhead" in str(error)
    assert str(error).endswith("after which it gives up.")
    assert not GRAPH.waits()


async def test_a_wait_with_a_bound_holds_nobody_up() -> None:
    """Who waits for one that will give up is in no deadlock; who closes the cycle need not wait."""
    a, b = Bulkhead("a", 1), Bulkhead("b", 1)
    give_up = asyncio.Event()

    async def sleep(_: float) -> None:
        await give_up.wait()

    async def patient() -> str:
        async with b.permit():
            first.set()
            await second.wait()
            async with a.permit():
                return "done"

    async def bounded() -> None:
        async with a.permit():
            await first.wait()
            async with b.permit(5, sleep=sleep):
                raise AssertionError

    first, second = asyncio.Event(), asyncio.Event()
    tasks = [asyncio.create_task(bounded()), asyncio.create_task(patient())]
    while not b.waiting:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    second.set()
    while not a.waiting:  # noqa: ASYNC110
        await asyncio.sleep(0)
    give_up.set()
    async with asyncio.timeout(30):
        refused, done = await asyncio.gather(*tasks, return_exceptions=True)
    assert type(refused).__name__ == "BulkheadFull"
    assert done == "done"


async def test_a_permit_of_a_parent_counts_for_all_within_it() -> None:
    """A team holds one, its member waits in a task of its own: the cycle is found."""
    a, b = Bulkhead("a", 1), Bulkhead("b", 1)
    both = asyncio.Barrier(2)

    async def team(mine: Bulkhead, other: Bulkhead) -> list[str]:
        async def member() -> str:
            await both.wait()
            async with other.permit():
                return "done"

        async with mine.permit():
            return await asyncio.gather(asyncio.create_task(member()))

    async with asyncio.timeout(30):
        results = await asyncio.gather(team(a, b), team(b, a), return_exceptions=True)
    assert sum(isinstance(each, Deadlock) for each in results) == 1
    assert ["done"] in results


async def test_another_permit_that_comes_back_is_no_deadlock() -> None:
    """All holders of a bulkhead must wait before one who waits for it is lost."""
    a, b, leave = Bulkhead("a", 1), Bulkhead("b", 2), asyncio.Event()

    async def other() -> None:
        async with b.permit():
            await leave.wait()

    async def closing() -> str:
        async with a.permit():
            await turns()
            async with b.permit():
                return "done"

    async def inner() -> str:
        async with b.permit():
            await turns()
            async with a.permit():
                return "done"

    tasks = [asyncio.create_task(each) for each in (other(), inner(), closing())]
    await turns(30)
    assert b.waiting
    leave.set()
    async with asyncio.timeout(30):
        assert await asyncio.gather(*tasks) == [None, "done", "done"]


async def test_what_is_not_waited_for_is_in_no_cycle() -> None:
    """A branch of a race may wait for ever: it is cancelled when another has won."""
    a, b = Bulkhead("a", 1), Bulkhead("b", 1)
    lost = asyncio.Event()

    async def race() -> str:
        async def loser() -> None:
            with apart():
                async with b.permit():
                    raise AssertionError

        async with a.permit():
            task = asyncio.create_task(loser())
            await lost.wait()
            await turns()
            task.cancel()
            return "won"

    async def other() -> str:
        async with b.permit():
            while not b.waiting:  # noqa: ASYNC110
                await asyncio.sleep(0)
            lost.set()
            async with a.permit():
                return "done"

    tasks = [asyncio.create_task(other()), asyncio.create_task(race())]
    async with asyncio.timeout(30):
        assert await asyncio.gather(*tasks) == ["done", "won"]


async def test_apart_borrows_as_ever() -> None:
    """The mark changes who waits for whom, not who lends to whom."""
    a = Bulkhead("a", 1)
    async with a.permit():
        with apart():
            async with a.permit(0):
                assert a.working == 1


async def test_an_agent_that_asks_back_is_told_the_cycle() -> None:
    """At once, at any length, and before anything is asked."""
    with asking("a", "b"), asking("b", "c"):
        with (
            pytest.raises(
                Deadlock, match=r"agent 'a' asks agent 'b' asks agent 'c' asks agent 'a'"
            ),
            asking("c", "a"),
        ):
            raise AssertionError
        with pytest.raises(Deadlock) as caught, asking("d", "b"):
            raise AssertionError
    assert caught.value.cycle == ("agent 'b'", "agent 'c'", "agent 'd'")
    assert str(caught.value).endswith("instead of asking back.")
    with pytest.raises(Deadlock, match="agent 'a' asks agent 'a'"), asking("a", "a"):
        raise AssertionError


async def test_other_chains_of_calls_may_ask_as_they_like() -> None:
    """A asks B while B asks A for something else; and A asks B again when it has its answer."""
    both = asyncio.Barrier(2)

    async def ask(caller: str, callee: str) -> None:
        with asking(caller, callee):
            await both.wait()
        with asking(caller, callee):
            await both.wait()

    async with asyncio.timeout(30):
        await asyncio.gather(ask("a", "b"), ask("b", "a"))


async def test_who_is_at_work_is_told_by_its_task_outside_a_graph() -> None:
    """In a thread without a task there is not even that."""
    task = asyncio.create_task(_named(), name="mine", context=Context())
    assert await task == "task 'mine'"
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(who()))
    thread.start()
    thread.join()
    assert said == ["a thread of this process"]


async def _named() -> str:
    return who()


@dataclass
class Work:
    """Takes a permit, works, has others work within it side by side, works again."""

    which: int
    steps: int
    inner: list[Work]


_WORK = st.recursive(
    st.builds(Work, st.integers(0, 2), st.integers(0, 3), st.just([])),
    lambda inner: st.builds(
        Work, st.integers(0, 2), st.integers(0, 3), st.lists(inner, min_size=1, max_size=2)
    ),
    max_leaves=4,
)
_CHAIN = st.builds(
    lambda order, steps: Work(order[0], steps, [Work(order[1], 1, [Work(order[2], 1, [])])]),
    st.permutations(range(3)),
    st.integers(1, 3),
)
_LIMITS = st.tuples(*[st.sampled_from((1, 1, 2))] * 3)


def played(works: list[Work], limits: tuple[int, ...], most: int) -> tuple[bool, int]:
    """Run them all, and let at most so many deadlocks be told.

    Returns whether they came to rest with some still waiting, and how many were told.
    """
    rooms = [Bulkhead(str(number), limit) for number, limit in enumerate(limits)]
    errors = 0

    async def do(work: Work) -> None:
        nonlocal errors
        try:
            async with rooms[work.which].permit():
                await turns(work.steps)
                await asyncio.gather(*(do(inner) for inner in work.inner))
                await turns(work.steps)
        except Deadlock:
            errors += 1

    async def play() -> bool:
        tasks = [asyncio.create_task(do(work)) for work in works]
        # Without timers each task that can go on does so in every turn.
        await turns(400)
        left = [task for task in tasks if not task.done()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        assert all(room.working == room.waiting == 0 for room in rooms)
        return bool(left)

    found = waiting.Graph._found

    def bounded(graph: waiting.Graph, one: waiting.Waiting) -> list[str]:
        nonlocal most
        told = found(graph, one) if most else []
        most -= bool(told)
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting.Graph, "_found", bounded)
        return asyncio.run(play()), errors


@settings(max_examples=200)
@given(st.lists(_WORK | _CHAIN | _CHAIN, min_size=2, max_size=6), _LIMITS)
def test_a_deadlock_is_told_exactly_when_there_is_one(
    works: list[Work], limits: tuple[int, ...]
) -> None:
    """With the check all works end. Without the last that it tells they come to rest for ever.

    The same for the first, the second, ...: none of them was told without need.
    """
    rests, errors = played(works, limits, most=1000)
    assert not rests, "every schedule ends"
    for told in range(errors):
        assert played(works, limits, most=told) == (True, told)
    assert not GRAPH.waits()
