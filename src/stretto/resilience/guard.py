"""One call under a policy: what is done around it, in the one order that is documented.

Cache, fallback to other targets, retry, hedge, breaker, rate, bulkhead, timeout, the call. Each is
there only if the policy says so.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from langgraph.errors import GraphBubbleUp

from stretto import clock
from stretto.resilience.bulkhead import bulkhead
from stretto.resilience.circuits import circuit
from stretto.resilience.deadline import Sleep, in_time
from stretto.resilience.hedge import hedged
from stretto.resilience.rate import rate
from stretto.resilience.retry import next_wait
from stretto.resilience.trouble import retry_after, trouble_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from stretto.policy import Breaker, Policy
    from stretto.resilience.breaker import Outcome


class Tell(Protocol):
    """Takes what is to be journaled: the type of a record and its own fields."""

    def __call__(self, kind: str, /, **fields: Any) -> None:
        """Tell it."""
        ...


def _silent(_: str, /, **__: Any) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Target:
    """One that can do the call: the first, or one that takes over."""

    name: str
    call: Callable[[int], Awaitable[Any]]
    """Makes it; given the number of the attempt, from 1."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a guard waits and draws with; tests give others."""

    now: clock.Clock = time.monotonic
    """Seconds, for spans of time."""
    wall: clock.Clock = clock.now
    """Seconds since the epoch, for dates."""
    sleep: Sleep = asyncio.sleep
    draw: Callable[[], float] = field(default=random.random)
    """A random number from 0 to 1."""


class Guard:
    """A policy at work around the calls of one member.

    Args:
        policy: What is to be done.
        name: The member's name: that of its bulkhead where the policy gives none.
        means: What it waits and draws with.

    Raises:
        InvalidInput: A breaker, bulkhead or rate of that name has other rules.
    """

    def __init__(self, policy: Policy, name: str, *, means: Means | None = None) -> None:
        self.policy, self.name = policy, name
        self.means = means or Means()
        self._clock = None if self.means.now is time.monotonic else self.means.now
        room, rule, pace = policy.bulkhead, policy.breaker, policy.rate
        self._bulkhead = (
            bulkhead(room.name or name, room.limit, named=bool(room.name)) if room else None
        )
        self._breaker = circuit(rule.name, rule, now=self._clock) if rule and rule.name else None
        self._rate = rate(pace.name, pace, now=self._clock) if pace and pace.name else None

    async def run(self, targets: Sequence[Target], tell: Tell = _silent) -> Any:
        """Make the call by the first target, by the next when it cannot, and so on.

        Raises:
            BreakerOpen, BulkheadFull, TimedOut: As the policy says.
            Exception: What the last target raised.
        """
        first = True
        for target in targets[:-1]:
            try:
                return await self._retried(target, tell, first=first)
            except Exception as error:
                if not self.takes_over(error):
                    raise
            first = False
        return await self._retried(targets[-1], tell, first=first)

    def takes_over(self, error: BaseException) -> bool:
        """Whether the policy's fallback takes over after this."""
        fallback = self.policy.fallback
        return fallback is not None and trouble_of(error) in fallback.on

    async def _retried(self, target: Target, tell: Tell, *, first: bool) -> Any:
        rule, means = self.policy.retry, self.means
        if rule is None:
            return await self._hedged(target, 1, tell, first=first)
        began, attempt = means.now(), 1
        while True:
            try:
                return await self._hedged(target, attempt, tell, first=first)
            except Exception as error:
                wait = next_wait(
                    rule,
                    attempt,
                    means.now() - began,
                    trouble_of(error),
                    asked=retry_after(error, means.wall()),
                    draw=means.draw(),
                )
                if wait is None:
                    raise
                failure = error
            tell("waited", on="retry", name=target.name, seconds=wait)
            await means.sleep(wait)
            attempt += 1
            tell("retried", name=target.name, attempt=attempt, error=str(failure))

    async def _hedged(self, target: Target, attempt: int, tell: Tell, *, first: bool) -> Any:
        rule = self.policy.hedge
        if rule is None:
            return await self._admitted(target, attempt, tell, first=first)
        return await hedged(
            rule,
            lambda: self._admitted(target, attempt, tell, first=first),
            sleep=self.means.sleep,
        )

    async def _admitted(self, target: Target, attempt: int, tell: Tell, *, first: bool) -> Any:
        """Through the breaker, unless it is open."""
        rule = self.policy.breaker
        if rule is None:
            return await self._bounded(target, attempt, tell, first=first)
        own = self._breaker if first else None
        breaker = own or circuit(target.name, rule, named=False, now=self._clock)
        began = self.means.now()
        passed = await breaker.enter()
        if passed.changed:
            tell("breaker_changed", breaker=breaker.name, state=passed.changed)
        outcome: Outcome = "ignored"
        why = ""
        try:
            value = await self._bounded(target, attempt, tell, first=first)
            slow = rule.slow is not None and self.means.now() - began > rule.slow
            outcome, why = ("failed", "slow") if slow else ("ok", "")
        except Exception as error:
            outcome, why = _outcome(rule, error), str(error)
            raise
        finally:
            changed = await breaker.leave(passed, outcome)
            if changed:
                tell("breaker_changed", breaker=breaker.name, state=changed, reason=why)
        return value

    async def _bounded(self, target: Target, attempt: int, tell: Tell, *, first: bool) -> Any:
        """When the rate and the bulkhead let it, and no longer than the timeout says."""
        if (rule := self.policy.rate) is not None:
            own = self._rate if first else None
            limiter = own or rate(target.name, rule, named=False, now=self._clock)
            waited = await limiter.take(sleep=self.means.sleep)
            if waited:
                tell("waited", on="rate", name=limiter.name, seconds=waited)
        if self._bulkhead is None:
            return await self._timed(target, attempt)
        room = self.policy.bulkhead
        permit = self._bulkhead.permit(
            wait=room.wait if room else None, sleep=self.means.sleep, now=self.means.now
        )
        async with permit as waited:
            if waited:
                tell("waited", on="bulkhead", name=self._bulkhead.name, seconds=waited)
            return await self._timed(target, attempt)

    async def _timed(self, target: Target, attempt: int) -> Any:
        bound = self.policy.timeout.call if self.policy.timeout else None
        return await in_time(
            bound,
            lambda: target.call(attempt),
            f"{target.name!r} did not come back in {bound} s. Raise the policy's `timeout.call`, "
            "or give it a retry or a fallback.",
            sleep=self.means.sleep,
            now=self.means.now,
        )


def _outcome(rule: Breaker, error: Exception) -> Outcome:
    """What was raised says of who was called: that it fails, that it lives, or nothing."""
    trouble = trouble_of(error)
    if trouble is not None and trouble in rule.on:
        return "failed"
    lives = trouble == "refused" or isinstance(error, GraphBubbleUp)  # it waits for a person
    return "ok" if lives else "ignored"
