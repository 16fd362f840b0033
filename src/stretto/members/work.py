"""The whole work of a member under its policy: fallback to others, undo, budget, time, its calls.

A call that is tried again goes on where it failed: nested graphs at their checkpoint, functions
with what their effects gave. Once another has taken over, it stays in charge of that piece of work,
in a resume too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from langgraph.runtime import get_runtime

from stretto.members.caching import cached, digest_of
from stretto.members.compensation import compensating, undoable
from stretto.members.nested import numbered, resumes
from stretto.members.spending import spending
from stretto.members.telling import teller
from stretto.members.where import here
from stretto.policy import Budget, Policy
from stretto.records import FellBack
from stretto.resilience.deadline import in_time
from stretto.resilience.guard import Guard, Target

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

    from stretto.members.where import Where
    from stretto.resilience.guard import Means, Tell

Call = Callable[["RunnableConfig"], Awaitable[Any]]
"""Does a member's work in a config."""
Levels = Sequence[tuple[str, Budget | None]]
"""Budgets by their names, the outermost first."""
_NO_POLICY = Policy()
_numbers = count()
"""Tell apart the cached results of members that have one name."""


@dataclass(frozen=True, slots=True)
class Successor:
    """Who takes over a member's work when it cannot."""

    name: str
    call: Callable[[Mapping[str, Any], RunnableConfig], Awaitable[Any]]
    """Does it: given the brief and a config."""


class Work:
    """A member's policy at work around all that it does.

    Args:
        name: The member's.
        policy: What is done around it.
        within: The budgets of the teams it is in.
        successors: Who takes over, in this order.
        whole: Whether a call is the member itself; for an agent it is each call of its model.
        means: What it waits with; tests give another.

    Raises:
        InvalidInput: A breaker, bulkhead or rate of that name has other rules.
    """

    def __init__(
        self,
        name: str,
        policy: Policy | None,
        *,
        within: Levels = (),
        successors: Sequence[Successor] = (),
        whole: bool,
        means: Means | None = None,
    ) -> None:
        self.name, self.policy = name, policy or _NO_POLICY
        self._within, self._successors, self._whole = tuple(within), tuple(successors), whole
        self._guard = Guard(self.policy, name, means=means)
        self._cache = f"{name}#{next(_numbers)}"

    async def run(
        self,
        call: Call,
        given: Mapping[str, Any],
        config: RunnableConfig,
        finish: Callable[[Any], Awaitable[Any]],
    ) -> Any:
        """Do the work; gives what `finish` makes of what the member, or who took over, gave.

        Raises:
            BudgetExceeded, TimedOut, BreakerOpen, BulkheadFull: As the policy says.
            Exception: What the last one raised.
        """
        at = here(config)

        async def whole() -> Any:
            return await finish(await self._chain(call, given, config, at))

        if not self.policy.compensate:
            return await whole()
        return await compensating(at, self.name, whole, sleep=self._guard.means.sleep)

    async def _chain(
        self, call: Call, given: Mapping[str, Any], config: RunnableConfig, at: Where | None
    ) -> Any:
        """The member itself, or who takes over."""
        tell, number = teller(at, "node"), await self._in_charge(config, at)
        while True:
            last = number == len(self._successors)
            try:
                if number == 0:
                    return await self._undoable(call, given, config, at, tell)
                successor = self._successors[number - 1]
                if at is not None:
                    at.branched(number)
                return await successor.call(given, numbered(config, number, again=resumes(config)))
            except Exception as error:
                if last or not self._guard.takes_over(error):
                    raise
                failure = error
            names = [self.name, *(each.name for each in self._successors)]
            tell("fell_back", name=names[number], to=names[number + 1], error=str(failure))
            number += 1

    async def _in_charge(self, config: RunnableConfig, at: Where | None) -> int:
        """Who of the chain had taken over this piece of work before a resume; 0 for the first."""
        if at is None or not self._successors or not resumes(config):
            return 0
        thread = at.fields["thread"]
        told = await at.handler.journal.records(thread, types=("fell_back",), said=False)
        took = [r.to for r in told if isinstance(r, FellBack) and r.place == at.place]
        names = [each.name for each in self._successors]
        return max((names.index(name) + 1 for name in took if name in names), default=0)

    async def _undoable(
        self,
        call: Call,
        given: Mapping[str, Any],
        config: RunnableConfig,
        at: Where | None,
        tell: Tell,
    ) -> Any:
        """The member's own work, noted with what undoes it."""
        undo = self.policy.undo

        async def work(given: Mapping[str, Any]) -> Any:
            return await self._own(call, given, config, at, tell)

        if undo is None:
            return await work(given)
        return await undoable(at, self.name, undo, work, dict(given))

    async def _own(
        self,
        call: Call,
        given: Mapping[str, Any],
        config: RunnableConfig,
        at: Where | None,
        tell: Tell,
    ) -> Any:
        """The member's own work, in its budget and its time."""
        policy, means = self.policy, self._guard.means
        bound = policy.timeout.total if policy.timeout else None

        async def work() -> Any:
            if not self._whole:
                return await call(config)
            return await self._cached(call, given, config, at, tell)

        async with spending(policy.budget, self.name, at, within=self._within):
            return await in_time(
                bound,
                work,
                f"{self.name!r} did not end in {bound} s. Raise its `timeout.total`, or give it a "
                "fallback.",
                sleep=means.sleep,
                now=means.now,
            )

    async def _cached(
        self,
        call: Call,
        given: Mapping[str, Any],
        config: RunnableConfig,
        at: Where | None,
        tell: Tell,
    ) -> Any:
        mark = None if at is None else at.mark()

        async def attempt(number: int) -> Any:
            if number == 1:
                return await call(config)
            if at is not None and mark is not None:
                at.back(mark)
            return await call(numbered(config, 0, again=True))

        async def work() -> Any:
            return await self._guard.run([Target(self.name, attempt)], tell)

        rule = self.policy.cache
        if rule is None:
            return await work()
        digest = digest_of(given, get_runtime().context)
        return await cached(rule, self._cache, digest, work)
