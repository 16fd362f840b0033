"""A second call is made when the first does not come back; the first to succeed counts."""

from __future__ import annotations

import asyncio

import pytest

from stretto.policy import Hedge
from stretto.resilience.hedge import hedged
from stretto.testing import Clock


class Calls:
    """Calls that come back when the test says so."""

    def __init__(self) -> None:
        self.made: list[asyncio.Future[str]] = []

    async def __call__(self) -> str:
        """Make one."""
        self.made.append(asyncio.get_running_loop().create_future())
        return await self.made[-1]


async def turns() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_quick_call_is_the_only_one() -> None:
    """Nothing is left behind."""
    clock, calls = Clock(), Calls()
    work = asyncio.ensure_future(hedged(Hedge(after=1), calls, sleep=clock.sleep))
    await turns()
    calls.made[0].set_result("first")
    assert await work == "first"
    assert len(calls.made) == 1
    assert clock.sleeping == 0


async def test_the_second_wins_and_the_first_is_cancelled() -> None:
    """After a second without a result."""
    clock, calls = Clock(), Calls()
    work = asyncio.ensure_future(hedged(Hedge(after=1), calls, sleep=clock.sleep))
    await turns()
    clock.advance(1)
    await turns()
    clock.advance(5)
    await turns()
    assert len(calls.made) == 2  # no third: most=1
    calls.made[1].set_result("second")
    assert await work == "second"
    assert calls.made[0].cancelled()


async def test_a_failure_waits_for_the_other_that_is_out() -> None:
    """Only when all have failed it fails, with the first failure."""
    clock, calls = Clock(), Calls()
    work = asyncio.ensure_future(hedged(Hedge(after=1, most=2), calls, sleep=clock.sleep))
    await turns()
    clock.advance(1)
    await turns()
    calls.made[0].set_exception(ConnectionError("one"))
    await turns()
    assert not work.done()
    calls.made[1].set_exception(ConnectionError("two"))
    with pytest.raises(ConnectionError, match="one"):
        await work


async def test_a_failure_before_the_time_is_not_hedged() -> None:
    """That is what a retry is for."""
    clock, calls = Clock(), Calls()
    work = asyncio.ensure_future(hedged(Hedge(after=1), calls, sleep=clock.sleep))
    await turns()
    calls.made[0].set_exception(ConnectionError("down"))
    with pytest.raises(ConnectionError):
        await work
    assert len(calls.made) == 1


async def test_cancelling_it_cancels_all() -> None:
    """None goes on unheeded."""
    clock, calls = Clock(), Calls()
    work = asyncio.ensure_future(hedged(Hedge(after=1), calls, sleep=clock.sleep))
    await turns()
    clock.advance(1)
    await turns()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert all(call.cancelled() for call in calls.made)
