"""The accounts of a run: a tree in which each call is reserved before it is made, and settled."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from stretto.policy import Prices
from stretto.resilience.budget import (
    UNITS,
    Account,
    Amounts,
    Crossing,
    Line,
    Reservation,
    Short,
    Unit,
    budget_limits,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.policy import Budget

WARN = 0.8
"""The part of a run's tokens or money at which is warned."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """A call that waits for others to be settled."""

    account: Account
    amounts: Amounts
    behind: str
    """Path of the account in which it waits."""
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]
    answer: Reservation | Short | None = None


class Accounts:
    """All accounts of one run, by path. Everything may be called from any thread.

    In every account `spent + reserved <= limit` holds at any time, as long as no call costs more
    than was reserved for it. One that does is booked in full.

    Args:
        limits: What the run may use; `None` is no limit.
        before: What was spent before, by the path of the innermost account.
        prices: What models cost.
        watched: Whether a handler settles each call that is made.
    """

    def __init__(
        self,
        limits: Mapping[Unit, int | None] | None = None,
        before: Mapping[str, Amounts] | None = None,
        *,
        prices: Prices | None = None,
        watched: bool = False,
    ) -> None:
        self.prices, self.watched = prices or Prices(), watched
        self._lock = threading.RLock()
        self._waiting: list[_Waiter] = []
        self._events: list[Crossing] = []
        self.booked: dict[str, Amounts] = dict(before or {})
        """What was spent by calls whose innermost account has that path."""
        self._accounts: dict[str, Account] = {}
        given = limits or {}
        self.root = self._made("", None, {u: given.get(u) for u in UNITS}, _RUN_WARNS)

    def open(self, parent: Account, path: str, budget: Budget) -> Account:
        """The account of that path; made when it is asked for the first time.

        Its limits are those of the budget that was given first.
        """
        with self._lock:
            found = self._accounts.get(path)
            if found is None:
                above: dict[Unit, int | None] = {u: parent.lines[u].limit for u in UNITS}
                limits = budget_limits(budget, above)
                found = self._made(path, parent, limits, dict.fromkeys(UNITS, budget.warn))
            return found

    def _made(
        self,
        path: str,
        parent: Account | None,
        limits: Mapping[Unit, int | None],
        warn: Mapping[Unit, float],
    ) -> Account:
        within = [n for p, n in self.booked.items() if not path or f"{p}/".startswith(f"{path}/")]
        spent = sum(within, Amounts())
        lines: dict[Unit, Line] = {u: Line(limits[u], amount) for u, amount in spent.items()}
        account = self._accounts[path] = Account(self, path, parent, lines, warn)
        return account

    def spent(self, path: str = "") -> Amounts:
        """What an account has spent."""
        with self._lock:
            return Amounts(**{u: line.spent for u, line in self._accounts[path].lines.items()})

    def every(self) -> Sequence[Account]:
        """All accounts, the run's first."""
        with self._lock:
            return tuple(self._accounts.values())

    def reserve(self, account: Account, amounts: Amounts) -> Reservation | Short:
        """Hold amounts back in an account and all above it, or in none of them."""
        with self._lock:
            short = account.shortage(amounts)
            return self._take(account, amounts) if short is None else short

    async def reserved(self, account: Account, amounts: Amounts) -> Reservation | Short:
        """Do what `reserve` does, and wait while calls in flight are in the way.

        Who came first is served first, of those that wait in one account. Gives a `Short` only
        when it could not fit if all calls in flight cost nothing.
        """
        with self._lock:
            short = account.shortage(amounts)
            if short is not None and not short.contended:
                return short
            behind = short.path if short is not None else self._behind(account)
            if behind is None:
                return self._take(account, amounts)
            loop = asyncio.get_running_loop()
            waiter = _Waiter(account, amounts, behind, loop, loop.create_future())
            self._waiting.append(waiter)
        try:
            await waiter.done
        except BaseException:
            self._give_up(waiter)
            raise
        return cast("Reservation | Short", waiter.answer)

    def settle(self, reservation: Reservation, actual: Amounts) -> None:
        """Book what a call has cost in place of what was reserved; again it does nothing."""
        with self._lock:
            if not reservation.open:
                return
            reservation.open = False
            account, held = reservation.account, reservation.amounts
            for level in account.levels:
                for unit, amount in held.items():
                    line = level.lines[unit]
                    if unit == "calls":
                        line.spent -= amount
                    else:
                        line.reserved -= amount
            self._book(account, actual)
            self.booked[account.path] += Amounts(calls=-held.calls)
            self._serve()

    def cancel(self, reservation: Reservation) -> None:
        """Give back what was reserved for a call that was not made."""
        self.settle(reservation, Amounts())

    @property
    def waiting(self) -> int:
        """How many calls wait for others."""
        with self._lock:
            return len(self._waiting)

    def crossings(self) -> list[Crossing]:
        """What accounts have passed since it was asked last."""
        with self._lock:
            found, self._events = self._events, []
            return found

    def _take(self, account: Account, amounts: Amounts) -> Reservation:
        """Reserve; the call itself counts at once, since nothing it does can take that back."""
        for level in account.levels:
            level.lines["tokens"].reserved += amounts.tokens
            level.lines["money"].reserved += amounts.money
        self._book(account, Amounts(calls=amounts.calls))
        return Reservation(account, amounts)

    def _book(self, account: Account, actual: Amounts) -> None:
        self.booked[account.path] = self.booked.get(account.path, Amounts()) + actual
        for level in account.levels:
            for unit, amount in actual.items():
                level.lines[unit].spent += amount
                self._note(level, unit)

    def _note(self, account: Account, unit: Unit) -> None:
        """Note once that an account has passed its warning mark, and once that it is overdrawn."""
        line = account.lines[unit]
        if line.limit is None or not line.spent:
            return
        if line.spent > line.limit:
            self._event(account, "exceeded", unit)
        elif unit in account.warn and line.spent >= line.limit * account.warn[unit]:
            self._event(account, "warned", unit)

    def _event(self, account: Account, event: Literal["warned", "exceeded"], unit: Unit) -> None:
        if (event, unit) in account.told:
            return
        account.told.add((event, unit))
        line = account.lines[unit]
        used, limit = told(unit, line.spent), told(unit, line.limit or 0)
        self._events.append(Crossing(account.path, event, unit, used, limit))

    def _behind(self, account: Account) -> str | None:
        """Path of an account on the way up in which another call waits already."""
        paths = {level.path for level in account.levels}
        return next((w.behind for w in self._waiting if w.behind in paths), None)

    def _serve(self) -> None:
        """Answer those that wait and need wait no longer, in the order in which they came."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            short = waiter.account.shortage(waiter.amounts)
            behind = self._behind(waiter.account) if short is None else short.path
            if behind is not None and (short is None or short.contended):
                waiter.behind = behind
                self._waiting.append(waiter)
                continue
            waiter.answer = short or self._take(waiter.account, waiter.amounts)
            try:
                waiter.loop.call_soon_threadsafe(_wake, waiter.done)
            except RuntimeError:  # its event loop has been closed meanwhile
                self._give_up(waiter)

    def _give_up(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                self._serve()
            elif isinstance(waiter.answer, Reservation):
                self.cancel(waiter.answer)


_RUN_WARNS: Mapping[Unit, float] = {"tokens": WARN, "money": WARN}


def _wake(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
