"""How many calls go on at once: permits, shared by name in the process and lent to those within."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from stretto.errors import BulkheadFull
from stretto.resilience.bulkhead_permits import Hold, Permits
from stretto.resilience.names import Names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Token
    from types import TracebackType

    from stretto.clock import Clock

    Sleep = Callable[[float], Awaitable[object]]


class _Within(NamedTuple):
    """A permit that the task here, or one it was begun by, has."""

    bulkhead: Bulkhead
    hold: Hold
    outer: _Within | None


_WITHIN: ContextVar[_Within | None] = ContextVar("stretto_permits", default=None)


class Bulkhead:
    """A number of permits; used from any thread and event loop.

    Args:
        name: What it is called.
        limit: How many there are.
    """

    def __init__(self, name: str, limit: int) -> None:
        self.name, self.limit = name, limit
        self._permits = Permits(limit)
        self._lock = threading.Lock()
        self._left: deque[Hold] = deque()
        self._wakes: dict[Hold, asyncio.Future[None]] = {}

    @property
    def working(self) -> int:
        """How many permits are taken."""
        return self.limit - self._permits.free

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._permits.waiting)

    def permit(
        self,
        wait: float | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
        now: Clock = time.monotonic,
    ) -> Permit:
        """A permit for an `async with`, which gives the seconds that were waited for it.

        Within another permit of this bulkhead, in this task or one that it began, that one is
        borrowed unless it is lent already.

        Args:
            wait: The most seconds to wait for it; 0 does not wait, `None` is no bound.
            sleep: How to wait, for a number of seconds.
            now: The clock by which the waiting is measured, in seconds.

        Raises:
            BulkheadFull: On entering: none became free in that time.
        """
        return Permit(self, wait, sleep, now)

    def ask(self, outer: Hold | None) -> tuple[Hold, asyncio.Future[None] | None]:
        """Ask for a permit within another. Returns what is done when it comes, if it must wait."""
        came: asyncio.Future[None] | None = None
        with self._lock:
            hold = self._permits.ask(outer)
            if not hold.granted:
                came = self._wakes[hold] = asyncio.get_running_loop().create_future()
        if self._left:
            self._hand_on()
        return hold, came

    def leave(self, hold: Hold) -> None:
        """Give a permit back, or wait for it no longer; from any thread, at any time.

        So also when the garbage collector ends a call in the middle of another's asking, which
        has the lock: then that one sees to it.
        """
        self._left.append(hold)
        self._hand_on()

    def _hand_on(self) -> None:
        # Looked at again after each release: who found it locked has left the work to its holder.
        while self._left and self._lock.acquire(blocking=False):
            came: list[tuple[Hold, asyncio.Future[None]]] = []
            try:
                while self._left:
                    hold = self._left.popleft()
                    self._wakes.pop(hold, None)
                    served = self._permits.leave(hold)
                    came += [(each, self._wakes.pop(each)) for each in served]
            finally:
                self._lock.release()
            for hold, future in came:
                try:
                    future.get_loop().call_soon_threadsafe(_wake, future)
                except RuntimeError:  # its event loop was closed while it waited
                    self._left.append(hold)


class Permit:
    """A permit of a bulkhead, asked for by entering it; used once."""

    __slots__ = ("_bulkhead", "_hold", "_now", "_sleep", "_token", "_wait")

    def __init__(self, bulkhead: Bulkhead, wait: float | None, sleep: Sleep, now: Clock) -> None:
        self._bulkhead, self._wait, self._sleep, self._now = bulkhead, wait, sleep, now
        self._hold: Hold | None = None
        self._token: Token[_Within | None] | None = None

    async def __aenter__(self) -> float:
        inner = outer = _WITHIN.get()
        while outer is not None and outer.bulkhead is not self._bulkhead:
            outer = outer.outer
        hold, came = self._bulkhead.ask(None if outer is None else outer.hold)
        waited = 0.0
        if came is not None:
            try:
                waited = await self._waited(hold, came)
            except BaseException:
                self._bulkhead.leave(hold)
                raise
        self._hold = hold
        self._token = _WITHIN.set(_Within(self._bulkhead, hold, inner))
        return waited

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._hold is not None:
            self._bulkhead.leave(self._hold)
        if self._token is not None:
            with suppress(ValueError):  # ended in another context, as by the garbage collector
                _WITHIN.reset(self._token)

    async def _waited(self, hold: Hold, came: asyncio.Future[None]) -> float:
        """Seconds waited until the permit came."""
        began = self._now()
        if self._wait is None:
            await came
        else:
            if self._wait > 0:
                await self._first(came, self._wait)
            if not hold.granted:
                raise BulkheadFull(self._bulkhead.name, self._bulkhead.limit, self._wait)
        return max(0.0, self._now() - began)

    async def _first(self, came: asyncio.Future[None], wait: float) -> None:
        """Wait until the permit came, or the time has passed."""
        timer: asyncio.Future[Any] = asyncio.ensure_future(self._sleep(wait))
        try:
            await asyncio.wait([came, timer], return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()


def _wake(came: asyncio.Future[None]) -> None:
    if not came.done():
        came.set_result(None)


_BULKHEADS: Names[int, Bulkhead] = Names("bulkhead")


def bulkhead(name: str, limit: int, *, named: bool = True) -> Bulkhead:
    """The bulkhead of that name; all that ask for it get the same.

    Args:
        name: Its name.
        limit: How many permits it has.
        named: Whether someone chose the name. If not, members with an equal limit share it, and
            others have their own.

    Raises:
        InvalidInput: Another limit was declared under the name.
    """
    return _BULKHEADS.get(name, limit, lambda: Bulkhead(name, limit), named=named)
