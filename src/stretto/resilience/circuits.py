"""Circuit breakers, shared by name in the process, or between processes through a database."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from stretto import home
from stretto.errors import BreakerOpen
from stretto.resilience.breaker import (
    Admitted,
    BreakerState,
    Mode,
    Outcome,
    Refused,
    admitted,
    settled,
)
from stretto.resilience.names import Names

if TYPE_CHECKING:
    from stretto.clock import Clock
    from stretto.policy import Breaker


class Pass(NamedTuple):
    """Lets one call through."""

    admission: Admitted
    changed: Mode | None = None
    """What the breaker came to be by letting it through: half-open, or nothing new."""
    apart: bool = False
    """Whether it was given without the database that others share."""


class Circuit:
    """A breaker at work, its state in this process; used from any thread and event loop.

    Args:
        name: What it is called.
        rule: When it opens and closes.
        now: Its clock, in seconds.
    """

    def __init__(self, name: str, rule: Breaker, now: Clock = time.monotonic) -> None:
        self.name, self.rule = name, rule
        self._now = now
        self._state = BreakerState()
        # Reentrant: the garbage collector may end a call, which leaves, while another enters.
        self._lock = threading.RLock()

    @property
    def mode(self) -> Mode:
        """Whether it is closed, open or half-open, as far as this process knows."""
        return self._state.mode

    async def enter(self) -> Pass:
        """Ask to be let through; every pass is given back by `leave`.

        Raises:
            BreakerOpen: It lets nobody through now.
        """
        return self._entered(self._now())

    async def leave(self, passed: Pass, outcome: Outcome) -> Mode | None:
        """Tell how the call ended. Returns what the breaker came to be by it, if that is new."""
        return None if outcome == "ignored" else self._left(passed, outcome, self._now())

    def _entered(self, now: float, *, apart: bool = False) -> Pass:
        with self._lock:
            before = self._state.mode
            self._state, found = admitted(self._state, self.rule, now)
            mode = self._state.mode
        return self._pass(found, mode if mode != before else None, apart=apart)

    def _pass(
        self, found: Admitted | Refused, changed: Mode | None, *, apart: bool = False
    ) -> Pass:
        if isinstance(found, Refused):
            raise BreakerOpen(self.name, found.seconds_left)
        return Pass(found, changed, apart)

    def _left(self, passed: Pass, outcome: Outcome, now: float) -> Mode | None:
        with self._lock:
            before = self._state.mode
            self._state = settled(self._state, self.rule, passed.admission, outcome, now)
            mode = self._state.mode
        return mode if mode != before else None


_CIRCUITS: Names[Breaker, Circuit] = Names("breaker")


def circuit(name: str, rule: Breaker, *, named: bool = True, now: Clock | None = None) -> Circuit:
    """The breaker of that name; all that ask for it get the same.

    It is made when it is first asked for: shared with other processes if `STRETTO_DATABASE_URL` is
    set then.

    Args:
        name: Its name.
        rule: When it opens and closes.
        named: Whether someone chose the name. If not (it is that of a model or member), members
            with equal rules share it, and others have their own.
        now: Its clock, in seconds, for when it is made; by default a monotonic one, or the
            database's.

    Raises:
        InvalidInput: Another rule was declared under the name; or STRETTO_DATABASE_URL is no URL.
        MissingExtra: The database needs the extra "postgres".
    """
    return _CIRCUITS.get(name, rule, lambda: _made(name, rule, now, named=named), named=named)


def _made(name: str, rule: Breaker, now: Clock | None, *, named: bool) -> Circuit:
    url = home.database_url()
    if url is None:
        return Circuit(name, rule, now or time.monotonic)
    from stretto.resilience.shared import shared_circuit

    return shared_circuit(url, name, rule, now, named=named)
