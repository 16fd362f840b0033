"""Time that passes when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import math
import threading
from contextlib import suppress
from itertools import count

from stretto.errors import InvalidInput

START = 1_700_000_000.0
"""Seconds since the epoch at which a clock starts unless told otherwise (14 November 2023)."""


class Clock:
    """A clock that stands still until it is advanced.

    It is a `stretto.clock.Clock`: call it for the time. `sleep` takes the place of `asyncio.sleep`
    in code that takes one; its sleepers wake when the clock passes their time. It may be read and
    advanced from any thread.
    """

    def __init__(self, start: float = START) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._order = count()
        self._sleepers: list[_Sleeper] = []

    def __call__(self) -> float:
        """The time, in seconds since the epoch."""
        return self._now

    @property
    def sleeping(self) -> int:
        """How many sleep."""
        with self._lock:
            return sum(not done.done() for *_, done in self._sleepers)

    def advance(self, seconds: float) -> None:
        """Let time pass, and wake those whose time has come, the earliest first.

        They go on when the event loop gets its turn: `await asyncio.sleep(0)` gives it one.

        Raises:
            InvalidInput: `seconds` is negative or no number.
        """
        with self._lock:
            self._now += _seconds(seconds)
            while self._sleepers and self._sleepers[0][0] <= self._now:
                _, _, loop, done = heapq.heappop(self._sleepers)
                with suppress(RuntimeError):  # its event loop has been closed meanwhile
                    loop.call_soon_threadsafe(_wake, done)

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by `seconds` in all; not at all for 0.

        Raises:
            InvalidInput: `seconds` is negative or no number.
        """
        if _seconds(seconds) == 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._lock:
            heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), loop, done))
        await done


_Sleeper = tuple[float, int, asyncio.AbstractEventLoop, "asyncio.Future[None]"]
"""When to wake, its turn among those of one time, its event loop, and what to set."""


def _wake(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _seconds(given: float) -> float:
    if math.isfinite(given) and given >= 0:
        return given
    raise InvalidInput(f"{given} is no span of time. Give seconds, 0 or more.")
