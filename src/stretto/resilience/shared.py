"""A breaker whose state all processes share that use one database."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from stretto import clock
from stretto.resilience.breaker import (
    Admitted,
    BreakerState,
    Mode,
    Outcome,
    Refused,
    admitted,
    joined,
    noted,
    settled,
)
from stretto.resilience.circuits import Circuit, Pass
from stretto.resilience.shared_table import Table, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stretto.clock import Clock
    from stretto.policy import Breaker

T = TypeVar("T")

FRESH = 0.5
"""Seconds for which a breaker that was found closed counts as closed: for so long another process
may have opened it before this one sees it."""


class SharedCircuit(Circuit):
    """A breaker at work, its state in a database whose clock it goes by.

    While it is closed, the database is asked only when what is known is older than `FRESH`, and
    told of failures at once, of successes with the next of either. While it is open, it is asked
    when the cooldown is over; while it is half-open, for each call. When the database cannot be
    used, the process goes on alone with what it knows.

    Args:
        name: What it is called.
        rule: When it opens and closes.
        table: Where its state is.
        row: Under which name.
        now: A clock in seconds in the place of the database's.
    """

    def __init__(
        self, name: str, rule: Breaker, table: Table, row: str, now: Clock | None = None
    ) -> None:
        if now is None:
            super().__init__(name, rule)
        else:
            super().__init__(name, rule, now)
        self._table, self._row, self._given = table, row, now
        self._read = float("-inf")
        """When the state was read, by the clock of this process."""
        self._ahead = clock.now() - self._now() if now is None else 0.0
        """Seconds by which the database's clock is ahead of it."""
        self._ok = 0
        """Calls that came back well, of which the database does not know yet."""
        self._apart = False
        """Whether the state has been changed without the database."""

    async def enter(self) -> Pass:
        """See `Circuit.enter`."""
        if (known := self._known()) is not None:
            return self._pass(known, None)
        found = await self._table.do(self._asked)
        return self._entered(self._then(), apart=True) if found is None else self._pass(*found)

    async def leave(self, passed: Pass, outcome: Outcome) -> Mode | None:
        """See `Circuit.leave`."""
        if outcome == "ignored":
            return None
        admission = passed.admission
        with self._lock:
            if passed.apart:  # once the database is back, it has a state of its own
                return self._left(passed, outcome, self._then()) if self._apart else None
            if outcome == "ok" and not admission.probe and not self._apart:
                self._ok += admission.epoch == self._state.epoch
                return None
        told = await self._table.do(
            lambda: self._changed(
                lambda state, now: (settled(state, self.rule, admission, outcome, now), None)
            )
        )
        return self._left(passed, outcome, self._then()) if told is None else told[1]

    def _known(self) -> Admitted | Refused | None:
        """What can be told without the database."""
        with self._lock:
            state, age = self._state, self._now() - self._read
            if self._apart or age < 0:
                return None
            if state.mode == "closed" and age < FRESH:
                return Admitted(0, state.epoch)
            if state.mode == "open":
                left = state.since + self.rule.cooldown - self._then()
                return Refused(left) if left > 0 else None
            return None

    def _asked(self) -> tuple[Admitted | Refused, Mode | None]:
        """Ask the database, unless it was asked since; in its thread."""
        if (known := self._known()) is not None:
            return known, None
        return self._changed(lambda state, now: admitted(state, self.rule, now))

    def _changed(
        self, decide: Callable[[BreakerState, float], tuple[BreakerState, T]]
    ) -> tuple[T, Mode | None]:
        """Change the state in the database. Returns the decision, and what it came to be by it."""
        with self._lock:
            mine, apart, ok = self._state, self._apart, self._ok

        def work(theirs: BreakerState, then: float) -> tuple[BreakerState, _Found[T]]:
            now = then if self._given is None else self._given()
            state = joined(theirs, mine) if apart else theirs
            if ok and state.mode == "closed" and state.epoch == mine.epoch:
                state = noted(state, self.rule, now, ok=ok)
            after, decision = decide(state, now)
            return after, (after, now, decision, after.mode if after.mode != state.mode else None)

        after, now, decision, changed = self._table.change(self._row, work)
        with self._lock:
            self._state, self._apart, self._read = after, False, self._now()
            self._ahead = now - self._read
            self._ok = self._ok - ok if after.epoch == mine.epoch else 0
        return decision, changed

    def _then(self) -> float:
        """The time of the database, as it is reckoned here."""
        return self._now() + self._ahead

    def _entered(self, now: float, *, apart: bool = False) -> Pass:
        with self._lock:
            self._apart = self._apart or apart
            return super()._entered(now, apart=apart)

    def _left(self, passed: Pass, outcome: Outcome, now: float) -> Mode | None:
        with self._lock:
            self._apart = True
            return super()._left(passed, outcome, now)


_Found = tuple[BreakerState, float, T, Mode | None]
"""The state, the time, a decision, and what the state came to be by it."""


def shared_circuit(
    url: str, name: str, rule: Breaker, now: Clock | None, *, named: bool
) -> SharedCircuit:
    """A breaker whose state is in the database at `url`.

    One whose name nobody chose is shared with those that have the same rule.

    Raises:
        MissingExtra: Postgres needs the extra "postgres".
    """
    digest = sha256(rule.model_dump_json().encode()).hexdigest()[:8]
    row = name if named else f"{name} {digest}"
    return SharedCircuit(name, rule, table(url), row, now)
