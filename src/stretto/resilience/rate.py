"""How many calls may begin in a time: a token bucket, shared by name in the process."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from stretto.errors import TimedOut
from stretto.resilience.names import Names

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stretto.clock import Clock
    from stretto.policy import Rate


LEAST = 1e-6
"""Seconds of waiting that are not worth it: clocks do not tell them apart."""


class RateState(NamedTuple):
    """What a bucket remembers."""

    level: float = 0.0
    """Calls that took a place, less those for which time has passed since."""
    seen: float = float("-inf")
    """The time at which it was so, in seconds."""
    last: int = 0
    """The number of the last place that is taken, from 1."""
    gone: frozenset[int] = frozenset()
    """Numbers of places before the last one whose takers did not begin."""


def taken(state: RateState, rule: Rate, now: float) -> tuple[RateState, float]:
    """Take the next place. Returns the seconds to wait until it comes.

    In no time do more than `burst` calls begin, and `calls` for every `per` seconds of it (the
    leaky bucket as a meter, ITU-T I.371). While the clock is set back, no time has passed.
    """
    level = max(0.0, state.level - max(0.0, now - state.seen) * (rule.calls / rule.per))
    ahead = max(0.0, level - (rule.burst - 1))  # places before this one that have not come yet
    gone = state.gone
    if gone:
        gone = frozenset(number for number in gone if number > state.last - ahead - 1)
    wait = ahead * rule.per / rule.calls
    return RateState(level + 1, now, state.last + 1, gone), wait if wait > LEAST else 0.0


def given_back(state: RateState, number: int) -> RateState:
    """Give back a place that has not been used; the last ones become free again."""
    level, last, gone = state.level, state.last, state.gone | {number}
    while last in gone:
        level, last, gone = max(0.0, level - 1), last - 1, gone - {last}
    return RateState(level, state.seen, last, gone)


class Limiter:
    """A rate at work; used from any thread and event loop.

    Args:
        name: What it is called.
        rule: How many calls may begin.
        now: Its clock, in seconds.
    """

    def __init__(self, name: str, rule: Rate, now: Clock = time.monotonic) -> None:
        self.name, self.rule = name, rule
        self._now = now
        self._state = RateState()
        self._lock = threading.RLock()  # a call may be ended by the garbage collector

    async def take(
        self,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        most: float | None = None,
    ) -> float:
        """Wait for a place, first come, first served. Returns the seconds waited.

        Who is cancelled gives the place back, if nobody behind has taken the next.

        Args:
            sleep: How to wait, for a number of seconds.
            most: The most seconds to wait; `None` is no bound.

        Raises:
            TimedOut: The next place comes later than `most`; it is left to others.
        """
        with self._lock:
            after, wait = taken(self._state, self.rule, self._now())
            if most is None or wait <= most:
                self._state = after
        if wait == 0:
            return 0.0
        if most is not None and wait > most:
            raise TimedOut(
                f"the rate {self.name!r} lets the next call begin in {wait:.1f} s, later than the "
                f"{most:g} s allowed. Raise its `calls`, or give the policy more time."
            )
        try:
            await sleep(wait)
        except BaseException:
            with self._lock:
                self._state = given_back(self._state, after.last)
            raise
        return wait


_RATES: Names[Rate, Limiter] = Names("rate")


def rate(name: str, rule: Rate, *, named: bool = True, now: Clock | None = None) -> Limiter:
    """The rate of that name; all that ask for it get the same.

    Args:
        name: Its name.
        rule: How many calls may begin.
        named: Whether someone chose the name. If not, members with equal rules share it, and
            others have their own.
        now: Its clock, in seconds, for when it is made; by default a monotonic one.

    Raises:
        InvalidInput: Another rule was declared under the name.
    """
    return _RATES.get(name, rule, lambda: Limiter(name, rule, now or time.monotonic), named=named)
