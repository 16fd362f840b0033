"""A provider fails, crawls and comes back: what its users see with and without a policy.

    python -m bench.resilience [--rate 10] [--seed 1]

Time is simulated: a clock that the bench advances drives the real guard, so an outage of minutes
takes seconds and every run gives the same figures. Users ask at random times, so many a second on
average (Poisson). The provider is well for a minute, then refuses every connection for two, then
answers only after 40 seconds for two more, and is well again; a call takes it half a second.

Four ways, with the same users: `bare` (no policy), `retry` (LangGraph's default: three attempts,
waits of .5 s doubled, whatever failed), `breaker` (retry of what can be retried, call timeout of 5
seconds, breaker with a cooldown of 15) and `policy` (the same with a fallback). A user-visible
failure is an error, or an answer after more than 10 seconds. `saved` is the part of the requests
that the bare users send into the dead provider (while it refuses or crawls) and the policy does
not. `recovery_seconds` is the time from the provider's being well to the first answer of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from stretto.policy import Breaker, Fallback, Policy, Retry, Timeout
from stretto.resilience.guard import Guard, Means, Target
from stretto.resilience.names import forget
from stretto.testing import Clock

WELL, REFUSES, CRAWLS, AGAIN, END = 0.0, 60.0, 180.0, 300.0, 420.0
"""Seconds from the start at which each part begins."""
STEP = 0.05
CALL, CRAWL, PATIENCE = 0.5, 40.0, 10.0
COOLDOWN = 15.0
BREAKER = {
    "retry": Retry(),
    "timeout": Timeout(call=5, total=30),
    "breaker": Breaker(cooldown=COOLDOWN),
}
WAYS: dict[str, Policy] = {
    "bare": Policy(),
    "retry": Policy(retry=Retry(total=300, on=("unavailable", "timeout", "refused", "error"))),
    "breaker": Policy(**BREAKER),
    "policy": Policy(**BREAKER, fallback=Fallback(to="another")),
}


@dataclass
class Provider:
    """One that is well, refuses, crawls and is well again."""

    clock: Clock
    began: float
    into: int = 0
    """Requests while it was dead."""
    sent: int = 0
    back: float | None = None
    """When it first answered after the outage."""

    async def answer(self, _: int) -> str:
        """Answer, as well as it can just now."""
        at = self.clock() - self.began
        self.sent += 1
        self.into += REFUSES <= at < AGAIN
        if REFUSES <= at < CRAWLS:
            raise ConnectionRefusedError("nobody listens")
        await self.clock.sleep(CRAWL if CRAWLS <= at < AGAIN else CALL)
        if at >= AGAIN and self.back is None:
            self.back = self.clock() - self.began
        return "an answer"


@dataclass
class Seen:
    """What the users of one way saw."""

    asked: int = 0
    failures: int = 0
    others: int = 0
    """Answers of the one that took over."""
    waits: list[float] = field(default_factory=list)
    provider: Provider | None = None


async def turns() -> None:
    """Let everything run that can."""
    for _ in range(12):
        await asyncio.sleep(0)


async def simulated(policy: Policy, arrivals: list[float]) -> Seen:
    """All users, one way."""
    forget()
    clock = Clock()
    dice = random.Random(7)
    began, seen = clock(), Seen()
    provider = seen.provider = Provider(clock, began)
    means = Means(now=clock, wall=clock, sleep=clock.sleep, draw=dice.random)
    guard = Guard(policy, "member", means=means)

    async def another(_: int) -> str:
        seen.others += 1
        return "another's answer"

    targets = [Target("provider", provider.answer)]
    if policy.fallback is not None:
        targets.append(Target("another", another))

    async def user() -> None:
        asked = clock()
        seen.asked += 1
        try:
            await guard.run(targets)
            failed = clock() - asked > PATIENCE
        except Exception:  # noqa: BLE001 - whatever it is, the user sees it
            failed = True
        seen.failures += failed
        seen.waits.append(clock() - asked)

    users: list[asyncio.Task[None]] = []
    left = iter([*arrivals, float("inf")])
    coming = next(left)
    while clock() - began < END or not all(each.done() for each in users):
        while coming <= clock() - began:
            users.append(asyncio.create_task(user()))
            coming = next(left)
        await turns()
        clock.advance(STEP)
        await turns()
    await asyncio.gather(*users)
    return seen


def arrivals(rate: float, seed: int) -> list[float]:
    """When users ask, in seconds from the start."""
    dice, found, at = random.Random(seed), list[float](), 0.0
    while (at := at + dice.expovariate(rate)) < END:
        found.append(at)
    return found


async def measured(rate: float, seed: int) -> dict[str, Seen]:
    times = arrivals(rate, seed)
    return {name: await simulated(policy, times) for name, policy in WAYS.items()}


def recovery(seen: Seen) -> float:
    """Seconds until the provider that is well again has answered, beyond the call itself."""
    back = seen.provider.back if seen.provider else None
    return END if back is None else back - AGAIN - CALL


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = asyncio.run(measured(given.rate, given.seed))
    table = Table(
        "way", "asked", "failures", "median wait s", "worst", "into the outage", "recovery s"
    )
    for name, seen in found.items():
        waits = sorted(seen.waits)
        table.add_row(
            name,
            str(seen.asked),
            str(seen.failures),
            f"{waits[len(waits) // 2]:.1f}",
            f"{waits[-1]:.1f}",
            str(seen.provider.into if seen.provider else 0),
            f"{recovery(seen):.1f}",
        )
    Console().print(table)
    into: dict[str, Any] = {n: s.provider.into if s.provider else 0 for n, s in found.items()}
    told = {
        "saved": round(1 - into["policy"] / into["bare"], 4),
        "saved_of_retries": round(1 - into["policy"] / into["retry"], 4),
        "recovery_seconds": round(recovery(found["policy"]), 2),
        "probe_interval": COOLDOWN,
        "failures_with": found["policy"].failures,
        "failures_with_breaker_alone": found["breaker"].failures,
        "failures_without": found["bare"].failures,
        "asked": found["bare"].asked,
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
