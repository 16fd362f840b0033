"""Ends what takes too long, and does not use what comes too late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar

from stretto.errors import TimedOut

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]
_runs: ContextVar[tuple[asyncio.Timeout, ...]] = ContextVar("stretto_run_deadlines", default=())
"""The deadlines of the run that is at work here, and of those it is within."""


async def in_time(
    seconds: float | None,
    work: Callable[[], Awaitable[T]],
    late: str,
    *,
    sleep: Sleep = asyncio.sleep,
    now: Callable[[], float] = time.monotonic,
    whole_run: bool = False,
) -> T:
    """Do it in `seconds` (`None`: without a bound); it is cancelled when they are over.

    What blocks the event loop cannot be cancelled: its result is not used when it comes too late.

    Args:
        seconds: How long it may take.
        work: What is to be done.
        late: What to say when it took too long; ends with the remedy.
        sleep: How the time is waited for; another than `asyncio.sleep` is for tests.
        now: Tells the time in seconds.
        whole_run: Whether it is the work of a whole run; what is cancelled in it can ask
            `run_is_over` why.

    Raises:
        TimedOut: It took too long.
    """
    if seconds is None:
        return await work()
    began, own = now(), sleep is not asyncio.sleep
    scope = asyncio.timeout(None if own else seconds)
    watch = asyncio.ensure_future(_expire(scope, seconds, sleep)) if own else None
    try:
        async with scope:
            if whole_run:
                _runs.set((*_runs.get(), scope))
            value = await work()
    except TimeoutError as error:
        if scope.expired():
            raise TimedOut(late) from error
        raise
    finally:
        if watch is not None:
            watch.cancel()
    if now() - began > seconds:
        raise TimedOut(late)
    return value


def run_is_over() -> bool:
    """Whether the deadline of the run that is at work here has passed."""
    return any(scope.expired() for scope in _runs.get())


async def _expire(scope: asyncio.Timeout, seconds: float, sleep: Sleep) -> None:
    await sleep(seconds)
    scope.reschedule(asyncio.get_running_loop().time())
