"""What takes too long is ended, and what comes too late is not used."""

from __future__ import annotations

import asyncio

import pytest

from stretto.errors import TimedOut
from stretto.resilience.deadline import in_time
from stretto.testing import Clock


async def passes(clock: Clock, seconds: float) -> None:
    """Let time pass once all that can begin has begun."""
    for _ in range(10):
        await asyncio.sleep(0)
    clock.advance(seconds)


async def test_it_is_cancelled_when_its_time_is_over() -> None:
    """The clock decides, nobody sleeps."""
    clock, ended = Clock(), list[str]()

    async def hangs() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append("cancelled")

    work = asyncio.ensure_future(in_time(5, hangs, "late", sleep=clock.sleep, now=clock))
    await passes(clock, 4.9)
    assert not ended
    await passes(clock, 0.2)
    with pytest.raises(TimedOut, match="late"):
        await work
    assert ended == ["cancelled"]


async def test_what_is_in_time_is_given() -> None:
    """Nothing is left behind: no sleeper, no task."""
    clock = Clock()

    async def quick() -> int:
        return 7

    assert await in_time(5, quick, "late", sleep=clock.sleep, now=clock) == 7
    assert await in_time(None, quick, "late") == 7
    await asyncio.sleep(0)
    assert clock.sleeping == 0
    assert len(asyncio.all_tasks()) == 1


async def test_a_late_result_of_what_blocks_the_loop_is_not_used() -> None:
    """Nothing can cancel it; LangGraph's own timeout takes such a result."""
    clock = Clock()

    async def blocks() -> str:
        clock.advance(60)  # as time.sleep(60) would
        return "late"

    with pytest.raises(TimedOut):
        await in_time(5, blocks, "too late", sleep=clock.sleep, now=clock)


async def test_a_timeout_of_the_work_itself_is_its_own() -> None:
    """It is not taken for ours."""

    async def fails() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine") as caught:
        await in_time(5, fails, "late")
    assert not isinstance(caught.value, TimedOut)


async def test_who_cancels_from_outside_cancels() -> None:
    """That is no timeout."""
    clock = Clock()
    work = asyncio.ensure_future(
        in_time(5, asyncio.get_running_loop().create_future, "late", sleep=clock.sleep, now=clock)  # type: ignore[arg-type]
    )
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
