from __future__ import annotations

import asyncio
import gc
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.errors import BulkheadFull, InvalidInput
from stretto.resilience.bulkhead import Bulkhead, bulkhead
from stretto.testing import Clock

if TYPE_CHECKING:
    from collections.abc import Callable


async def turns(number: int = 5) -> None:
    """Let the event loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


async def until(true: Callable[[], bool]) -> None:
    """Go round until it is true; what another thread does takes its time."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


def test_members_that_name_it_share_it() -> None:
    """And must agree on it; where nobody chose the name, another limit is another bulkhead."""
    assert bulkhead("b", 2) is bulkhead("b", 2)
    with pytest.raises(InvalidInput, match=r"'b' is declared twice: limit=2, and limit=3. Declare"):
        bulkhead("b", 3)
    assert bulkhead("w", 2, named=False) is bulkhead("w", 2, named=False)
    assert bulkhead("w", 2, named=False) is not bulkhead("w", 3, named=False)


async def test_no_more_go_on_than_it_has_permits() -> None:
    """The others wait, are served in the order of asking, and are told how long they waited."""
    room, clock, order = bulkhead("b", 2), Clock(), []
    leave = [asyncio.Event() for _ in range(4)]

    async def call(number: int) -> float:
        async with room.permit(now=clock) as waited:
            order.append(number)
            await leave[number].wait()
            return waited

    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(call(number)) for number in range(4)]
        await turns()
        assert (order, room.working, room.waiting) == ([0, 1], 2, 2)
        clock.advance(3)
        leave[1].set()
        await turns()
        assert order == [0, 1, 2]
        for event in leave:
            event.set()
    assert [call.result() for call in calls] == [0, 0, 3, 3]
    assert (order, room.working, room.waiting) == ([0, 1, 2, 3], 0, 0)


async def test_who_may_not_wait_is_turned_away() -> None:
    """At once for 0 seconds; the error names the bulkhead and the remedy."""
    room = bulkhead("b", 1)
    async with room.permit():
        with pytest.raises(BulkheadFull, match=r"all 1 permits .* 'b' are taken, after 0 s"):
            await asyncio.create_task(entered(room, wait=0), context=_empty())
    assert room.working == 0


async def test_who_waits_too_long_is_turned_away() -> None:
    """It no longer waits then, and whoever came in time is not disturbed."""
    room, clock = bulkhead("b", 1), Clock()
    async with room.permit():
        late = asyncio.create_task(entered(room, 5, clock), context=_empty())
        in_time = asyncio.create_task(entered(room, 50, clock), context=_empty())
        await until(lambda: clock.sleeping == 2)
        clock.advance(5)
        with pytest.raises(BulkheadFull):
            await late
        assert room.waiting == 1
    assert await in_time == 5
    assert room.working == 0


async def entered(room: Bulkhead, wait: float | None = None, clock: Clock | None = None) -> float:
    """Enter and leave."""
    clock = clock or Clock()
    async with room.permit(wait, sleep=clock.sleep, now=clock) as waited:
        await asyncio.sleep(0)
        return waited


def _empty() -> object:
    """The context of somebody else."""
    import contextvars

    return contextvars.Context()


async def test_a_team_never_waits_for_itself() -> None:
    """One permit is enough for any depth and any number of those within."""
    room, done = bulkhead("b", 1), []

    async def member(depth: int) -> None:
        async with room.permit():
            if depth:
                await asyncio.gather(*(member(depth - 1) for _ in range(3)))
            done.append(depth)

    async with asyncio.timeout(30):
        await member(3)
    assert len(done) == 1 + 3 + 9 + 27
    assert room.working == 0


async def test_permits_of_another_name_are_not_lent() -> None:
    """Each bulkhead looks for its own among those that are held."""
    outer, inner = bulkhead("outer", 1), bulkhead("inner", 1)
    async with outer.permit(), inner.permit():
        assert await entered(outer, wait=0) == 0
        assert (outer.working, inner.working) == (1, 1)
    assert (outer.working, inner.working) == (0, 0)


async def test_after_leaving_nothing_is_borrowed() -> None:
    """The next call of the task takes a permit of its own."""
    room = bulkhead("b", 2)
    async with room.permit():
        pass
    async with room.permit():
        other = asyncio.create_task(entered(room, wait=0), context=_empty())
        assert await other == 0
        assert room.working == 1


@pytest.mark.parametrize("when", ["waiting", "handed", "holding"])
async def test_who_is_cancelled_gives_back(when: str) -> None:
    """While it waits, in the moment it is handed the permit, and while it has it."""
    room, free = bulkhead("b", 1), asyncio.Event()

    async def holder() -> None:
        async with room.permit():
            await free.wait()

    async def caller() -> None:
        async with room.permit():
            await asyncio.Event().wait()

    first = asyncio.create_task(holder())
    await turns()
    second, third = asyncio.create_task(caller()), asyncio.create_task(entered(room))
    await turns()
    if when == "handed":
        free.set()
        await until(lambda: room.waiting == 1)
        second.cancel()
    else:
        if when == "holding":
            free.set()
            await first
            await turns()
        second.cancel()
        free.set()
    async with asyncio.timeout(10):
        await third
        await first
    assert second.cancelled() or second.cancelling()
    await turns()
    assert (room.working, room.waiting) == (0, 0)


async def test_an_exception_gives_back() -> None:
    """It goes through unchanged."""
    room = bulkhead("b", 1)
    with pytest.raises(ZeroDivisionError):
        async with room.permit():
            raise ZeroDivisionError
    assert room.working == 0


async def test_one_that_outlives_its_team_keeps_the_permit() -> None:
    """And gives it back when it ends."""
    room, end = bulkhead("b", 1), asyncio.Event()

    async def child() -> None:
        async with room.permit():
            await end.wait()

    async with room.permit():
        task = asyncio.create_task(child())
        await turns()
    assert room.working == 1
    stranger = asyncio.create_task(entered(room))
    await turns()
    assert room.waiting == 1
    end.set()
    await task
    await stranger
    assert room.working == 0


def test_it_is_shared_by_event_loops_in_threads() -> None:
    """Never more at work than permits, and all are served."""
    room, lock, counts = bulkhead("b", 2), threading.Lock(), [0, 0, 0]

    async def member(depth: int) -> None:
        async with room.permit():
            with lock:
                counts[0] += 1
                counts[1] = max(counts[1], counts[0])
            await turns(2)
            with lock:
                counts[0] -= 1
                counts[2] += 1
            if depth:
                await asyncio.gather(*(member(depth - 1) for _ in range(3)))

    async def team() -> None:
        await asyncio.gather(*(member(2) for _ in range(4)))

    threads = [threading.Thread(target=asyncio.run, args=(team(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert counts == [0, 2, 4 * 4 * 13]
    assert (room.working, room.waiting) == (0, 0)


async def test_who_waits_in_an_event_loop_that_is_closed_is_passed_over() -> None:
    """Its permit goes to the next."""
    room = bulkhead("b", 1)
    other = asyncio.new_event_loop()
    other.set_exception_handler(lambda *_: None)
    async with room.permit():
        lost = other.create_task(entered(room), context=_empty())

        def turn() -> None:
            other.call_soon(other.stop)
            other.run_forever()

        await asyncio.to_thread(turn)
        assert room.waiting == 1
        other.close()
        mine = asyncio.create_task(entered(room), context=_empty())
        await turns()
    async with asyncio.timeout(10):
        await mine
    del lost
    gc.collect()
    assert (room.working, room.waiting) == (0, 0)


async def test_who_is_ended_by_the_garbage_collector_gives_back() -> None:
    """Even in a thread that is just asking: who asks sees to it."""
    room = bulkhead("b", 1)
    hold, _ = room.ask(None)
    _, came = room.ask(None)
    assert came is not None
    with room._lock:
        room.leave(hold)
        assert room.working == 1
    _, also = room.ask(None)
    assert also is not None
    async with asyncio.timeout(10):
        await came
    assert not also.done()


@dataclass
class Call:
    """A member that works, has its members work, and works again."""

    steps: int
    cancelled: int | None
    inner: list[Call]


_CALLS = st.recursive(
    st.builds(Call, st.integers(0, 3), st.none() | st.integers(0, 8), st.just([])),
    lambda inner: st.builds(
        Call, st.integers(0, 3), st.none() | st.integers(0, 20), st.lists(inner, max_size=4)
    ),
    max_leaves=14,
)


@settings(max_examples=150)
@given(st.lists(_CALLS, min_size=1, max_size=4), st.integers(1, 3))
def test_whatever_the_teams_never_more_work_and_all_permits_come_back(
    calls: list[Call], limit: int
) -> None:
    """Also when members are cancelled at any moment; nobody waits for ever."""
    room = Bulkhead("b", limit)
    working = most = 0

    async def work(steps: int) -> None:
        nonlocal working, most
        working += 1
        most = max(most, working)
        try:
            await turns(steps)
        finally:
            working -= 1

    async def member(call: Call) -> None:
        async with room.permit():
            await work(call.steps)
            await asyncio.gather(*(asked(inner) for inner in call.inner))
            await work(call.steps)

    async def asked(call: Call) -> None:
        task = asyncio.create_task(member(call))
        try:
            if call.cancelled is not None:
                await turns(call.cancelled)
                task.cancel()
            await asyncio.wait([task])
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def teams() -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(*(asked(call) for call in calls))

    asyncio.run(teams())
    assert most <= limit
    assert (room.working, room.waiting) == (0, 0)
