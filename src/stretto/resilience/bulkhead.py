"""How many calls go on at once: permits, shared by name in the process and lent to those within."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from stretto.errors import BulkheadFull
from stretto.resilience.bulkhead_permits import Hold, Permits
from stretto.resilience.names import Names
from stretto.resilience.waiting import WITHIN, Within, waiting_for, who

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextvars import Token
    from types import TracebackType

    from stretto.clock import Clock

    Sleep = Callable[[float], Awaitable[object]]


class Bulkhead:
    """A number of permits; used from any thread and event loop.

    Args:
        name: What it is called.
        limit: How many there are.
        told: What a permit of it is called in errors; by default "a permit of bulkhead NAME".
        key: What all processes call it, when its permits are theirs too.
    """

    def __init__(self, name: str, limit: int, told: str = "", key: str = "") -> None:
        self.name, self.limit, self.key = name, limit, key
        self.told = told or f"a permit of bulkhead {name!r}"
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
            Deadlock: On entering: none would ever become free, because all that have one wait for
                what those around this call have.
        """
        return Permit(self, wait, sleep, now)

    def ask(self, outer: Hold | None) -> tuple[Hold, asyncio.Future[None] | None]:
        """Ask for a permit within another. Returns what is done when it comes, if it must wait."""
        came: asyncio.Future[None] | None = None
        with self._lock:
            hold = self._permits.ask(outer, f"{self.told} held by {who()}", self.key)
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

    def closes(self, hold: Hold) -> bool:
        """Give a permit back that others have lent; say whether it is one of the bulkhead's own.

        That is only kept from being borrowed from then on: `leave` gives it back.
        """
        came: list[tuple[Hold, asyncio.Future[None]]] = []
        with self._lock:
            closes = self._permits.closes(hold)
            if not closes:
                came = self._served(hold)
        self._tell(came)
        self._hand_on()
        return closes

    def holders(self) -> list[str]:
        """Who has its own permits, told."""
        with self._lock:
            told = [hold.told for hold in self._permits.own]
        self._hand_on()
        return told

    def helpers(self, hold: Hold, came: asyncio.Future[None]) -> tuple[Hold, ...] | None:
        """Those whose end would help who waits; `None` when it waits no longer."""
        if came.done():
            return None
        with self._lock:
            found = None if hold.granted or hold.ended else self._permits.helpers(hold)
        self._hand_on()
        return found

    def _hand_on(self) -> None:
        # Looked at again after each release: who found it locked has left the work to its holder.
        while self._left and self._lock.acquire(blocking=False):
            came: list[tuple[Hold, asyncio.Future[None]]] = []
            try:
                while self._left:
                    came += self._served(self._left.popleft())
            finally:
                self._lock.release()
            self._tell(came)

    def _served(self, hold: Hold) -> list[tuple[Hold, asyncio.Future[None]]]:
        """Let it leave. Returns who is granted a permit by it."""
        self._wakes.pop(hold, None)
        return [(each, self._wakes.pop(each)) for each in self._permits.leave(hold)]

    def _tell(self, served: list[tuple[Hold, asyncio.Future[None]]]) -> None:
        for hold, future in served:
            try:
                future.get_loop().call_soon_threadsafe(_wake, future)
            except RuntimeError:  # its event loop was closed while it waited
                self._left.append(hold)


class Permit:
    """A permit of a bulkhead, asked for by entering it; used once."""

    __slots__ = ("_bulkhead", "_now", "_sleep", "_token", "_wait", "hold")

    def __init__(self, bulkhead: Bulkhead, wait: float | None, sleep: Sleep, now: Clock) -> None:
        self._bulkhead, self._wait, self._sleep, self._now = bulkhead, wait, sleep, now
        self.hold: Hold | None = None
        """What it holds, once it is entered."""
        self._token: Token[Within | None] | None = None

    async def __aenter__(self) -> float:
        inner = outer = WITHIN.get()
        while outer is not None and outer.resource is not self._bulkhead:
            outer = outer.outer
        hold, came = self._bulkhead.ask(None if outer is None else outer.hold)
        waited = 0.0
        if came is not None:
            try:
                waited = await self._waited(hold, came, inner)
            except BaseException:
                self._bulkhead.leave(hold)
                raise
        self.hold = hold
        self._token = WITHIN.set(Within(self._bulkhead, hold, inner))
        return waited

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.hold is not None:
            self._bulkhead.leave(self.hold)
        self.left()

    def left(self) -> None:
        """What begins from here on is no longer within it."""
        token, self._token = self._token, None
        if token is not None:
            with suppress(ValueError):  # ended in another context, as by the garbage collector
                WITHIN.reset(token)

    async def _waited(self, hold: Hold, came: asyncio.Future[None], inner: Within | None) -> float:
        """Seconds waited until the permit came."""
        began = self._now()
        if self._wait is None or self._wait > 0:
            with waiting_for(
                self._bulkhead.told,
                inner,
                lambda: self._bulkhead.helpers(hold, came),
                lambda error: _fail(came, error),
                bounded=self._wait is not None,
            ):
                await (came if self._wait is None else self._first(came, self._wait))
        if self._wait is not None and not hold.granted:
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


def _fail(came: asyncio.Future[None], error: BaseException) -> None:
    """Let it end so, from any thread, unless it has come meanwhile."""

    def fail() -> None:
        if not came.done():
            came.set_exception(error)

    with suppress(RuntimeError):  # its event loop is closed
        came.get_loop().call_soon_threadsafe(fail)


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
