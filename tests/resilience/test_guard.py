"""All parts of a policy around one call, in the documented order, on a clock of the test's own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stretto.errors import BreakerOpen, BulkheadFull, TimedOut
from stretto.policy import Breaker, Bulkhead, Fallback, Hedge, Policy, Rate, Retry, Timeout
from stretto.resilience.guard import Guard, Means, Target
from stretto.testing import Clock

if TYPE_CHECKING:
    from collections.abc import Awaitable


class World:
    """A provider, a clock, and what was told."""

    def __init__(self, *answers: Any) -> None:
        self.clock = Clock()
        self.answers = list(answers)
        self.calls: list[str] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    def means(self) -> Means:
        """The clock as a guard takes it."""
        return Means(now=self.clock, wall=self.clock, sleep=self.clock.sleep, draw=lambda: 0.5)

    def tell(self, kind: str, /, **fields: Any) -> None:
        """Note it."""
        self.told.append((kind, fields))

    def target(self, name: str = "model") -> Target:
        """One that gives the answers, one after the other; an exception is raised."""

        async def call(_: int) -> Any:
            self.calls.append(name)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            if asyncio.isfuture(answer):
                return await answer
            return answer

        return Target(name, call)

    async def run(self, policy: Policy, *names: str) -> Any:
        """Run it, and let time pass whenever everybody sleeps."""
        guard = Guard(policy, "member", means=self.means())
        targets = [self.target(name) for name in names or ("model",)]
        work = asyncio.ensure_future(guard.run(targets, self.tell))
        return await self.settled(work)

    async def settled(self, work: Awaitable[Any]) -> Any:
        """The result, an hour later at most."""
        task = asyncio.ensure_future(work)
        for _ in range(36_000):
            for _ in range(5):
                await asyncio.sleep(0)
            if task.done():
                break
            self.clock.advance(0.1)
        return await task


def busy(after: str) -> httpx.HTTPStatusError:
    """A 429 with a `Retry-After`."""
    request = httpx.Request("GET", "http://provider.test")
    answer = httpx.Response(429, headers={"retry-after": after}, request=request)
    return httpx.HTTPStatusError("slow down", request=request, response=answer)


async def test_without_a_policy_a_call_is_a_call() -> None:
    """Nothing is added."""
    world = World("fine")
    assert await world.run(Policy()) == "fine"
    assert not world.told


async def test_it_is_tried_again_after_a_wait() -> None:
    """What is told: the wait and the attempt."""
    world = World(ConnectionError("down"), TimeoutError(), "fine")
    assert await world.run(Policy(retry=Retry(attempts=3))) == "fine"
    assert [kind for kind, _ in world.told] == ["waited", "retried"] * 2
    assert [fields["seconds"] for kind, fields in world.told if kind == "waited"] == [0.5, 1.0]


async def test_a_refusal_is_not_tried_again() -> None:
    """LangGraph's default tries a 401 three times."""
    request = httpx.Request("GET", "http://provider.test")
    denied = httpx.HTTPStatusError(
        "who?", request=request, response=httpx.Response(401, request=request)
    )
    world = World(denied)
    with pytest.raises(httpx.HTTPStatusError):
        await world.run(Policy(retry=Retry()))
    assert len(world.calls) == 1


async def test_retry_after_is_honoured() -> None:
    """Seven seconds, not half of one; an hour is too long."""
    world = World(busy("7"), "fine")
    assert await world.run(Policy(retry=Retry())) == "fine"
    assert world.told[0] == ("waited", {"on": "retry", "name": "model", "seconds": 7.0})
    world = World(busy("3600"))
    with pytest.raises(httpx.HTTPStatusError):
        await world.run(Policy(retry=Retry()))


async def test_the_total_ends_the_trying() -> None:
    """No wait begins that would end beyond it."""
    world = World(*[ConnectionError("down")] * 99)
    began = world.clock()
    with pytest.raises(ConnectionError):
        await world.run(Policy(retry=Retry(attempts=99, total=10)))
    assert world.clock() - began <= 10.2
    assert 4 <= len(world.calls) <= 6


async def test_a_call_that_hangs_is_ended_and_tried_again() -> None:
    """The call timeout is within the retry."""
    world = World(asyncio.get_running_loop().create_future(), "fine")
    policy = Policy(timeout=Timeout(call=2), retry=Retry())
    assert await world.run(policy) == "fine"
    world = World(asyncio.get_running_loop().create_future())
    with pytest.raises(TimedOut, match=r"'model' did not come back in 2\.0 s"):
        await world.run(Policy(timeout=Timeout(call=2)))


async def test_the_next_target_takes_over_after_the_retries() -> None:
    """The fallback is around the retry."""
    world = World(ConnectionError("a"), ConnectionError("b"), "fine")
    policy = Policy(retry=Retry(attempts=2), fallback=Fallback(to="other"))
    assert await world.run(policy, "model", "other") == "fine"
    assert world.calls == ["model", "model", "other"]


async def test_a_fallback_is_only_for_what_it_says() -> None:
    """Here for a refusal alone."""
    world = World(ConnectionError("down"))
    policy = Policy(fallback=Fallback(to="other", on="refused"))
    with pytest.raises(ConnectionError):
        await world.run(policy, "model", "other")


async def test_an_open_breaker_saves_the_calls_and_the_fallback_takes_over() -> None:
    """After two failures nobody calls the first any more, until the cooldown is over."""
    policy = Policy(breaker=Breaker(failures=2, cooldown=30), fallback=Fallback(to="other"))
    world = World()
    guard = Guard(policy, "member", means=world.means())

    async def ask() -> Any:
        targets = [world.target("model"), world.target("other")]
        return await world.settled(guard.run(targets, world.tell))

    for _ in range(2):
        world.answers = [ConnectionError("down"), "fine"]
        assert await ask() == "fine"
    for _ in range(5):
        world.answers = ["fine"]
        assert await ask() == "fine"
    assert world.calls == ["model", "other"] * 2 + ["other"] * 5
    changes = [fields["state"] for kind, fields in world.told if kind == "breaker_changed"]
    assert changes == ["open"]


async def test_an_open_breaker_is_not_tried_again() -> None:
    """Its error says for how long it is open."""
    policy = Policy(breaker=Breaker(failures=1, cooldown=30), retry=Retry(attempts=5))
    world = World(ConnectionError("down"))
    with pytest.raises(BreakerOpen, match=r"tries again in (29|30)\.\d s"):
        await world.run(policy)
    assert len(world.calls) == 1


async def test_a_slow_call_counts_as_failed_though_its_result_is_used() -> None:
    """The provider is half dead."""
    world = World()
    slow = asyncio.get_running_loop().create_future()
    world.answers = [slow]
    policy = Policy(breaker=Breaker(failures=1, slow=3))
    guard = Guard(policy, "member", means=world.means())
    work = asyncio.ensure_future(guard.run([world.target()], world.tell))
    for _ in range(5):
        await asyncio.sleep(0)
    world.clock.advance(4)
    slow.set_result("late")
    assert await work == "late"
    assert world.told == [
        ("breaker_changed", {"breaker": "model", "state": "open", "reason": "slow"})
    ]


async def test_a_full_bulkhead_is_told_and_does_not_count_for_the_breaker() -> None:
    """It says nothing of who was to be called."""
    policy = Policy(bulkhead=Bulkhead(limit=1, wait=0), breaker=Breaker(failures=1))
    world = World()
    hangs = asyncio.get_running_loop().create_future()
    world.answers = [hangs]
    guard = Guard(policy, "member", means=world.means())
    first = asyncio.ensure_future(guard.run([world.target()], world.tell))
    for _ in range(5):
        await asyncio.sleep(0)
    with pytest.raises(BulkheadFull):
        await guard.run([world.target()], world.tell)
    hangs.set_result("fine")
    assert await first == "fine"
    world.answers = ["again"]
    assert await guard.run([world.target()], world.tell) == "again"


async def test_the_rate_spaces_the_calls() -> None:
    """Two a second: the third begins a second after the first."""
    world = World("a", "b", "c")
    policy = Policy(rate=Rate(calls=2, name="two a second"))
    guard = Guard(policy, "member", means=world.means())
    for _ in range(3):
        await world.settled(guard.run([world.target()], world.tell))
    waits = [fields["seconds"] for kind, fields in world.told if kind == "waited"]
    assert 0.7 <= sum(waits) <= 1.0


async def test_a_hedge_goes_through_breaker_and_bulkhead_itself() -> None:
    """Each of the two calls takes a permit of its own."""
    world = World(asyncio.get_running_loop().create_future(), "second")
    policy = Policy(hedge=Hedge(after=1), bulkhead=Bulkhead(limit=2))
    assert await world.run(policy) == "second"
    assert len(world.calls) == 2


async def test_everything_at_once() -> None:
    """All parts of a policy, one answer."""
    world = World(ConnectionError("down"), "fine")
    policy = Policy(
        retry=Retry(),
        timeout=Timeout(call=5, total=60),
        fallback=Fallback(to="other"),
        breaker=Breaker(),
        bulkhead=Bulkhead(limit=3),
        rate=Rate(calls=100),
        hedge=Hedge(after=2),
    )
    assert await world.run(policy, "model", "other") == "fine"
