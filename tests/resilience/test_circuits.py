from __future__ import annotations

import asyncio
import threading

import pytest

from stretto.errors import BreakerOpen, InvalidInput
from stretto.policy import Breaker
from stretto.resilience.circuits import circuit
from stretto.resilience.names import forget
from stretto.testing import Clock

RULE = Breaker(failures=2, cooldown=10)


def test_members_that_name_it_share_it() -> None:
    """And must agree on it; the error tells both rules and the remedy."""
    assert circuit("c", RULE) is circuit("c", RULE.model_copy())
    with pytest.raises(InvalidInput, match=r"'c' is declared twice: .*failures=2.*=5.*Declare it"):
        circuit("c", Breaker())


def test_where_nobody_chose_the_name_other_rules_are_other_breakers() -> None:
    """Two agents of one model need not agree."""
    mine, other = circuit("m", RULE, named=False), circuit("m", Breaker(), named=False)
    assert mine is circuit("m", RULE.model_copy(), named=False)
    assert mine is not other
    assert mine is not circuit("m", RULE)


def test_forgotten_breakers_are_made_anew() -> None:
    """So a notebook may change a rule."""
    before = circuit("c", RULE)
    forget()
    assert circuit("c", Breaker()) is not before


async def test_it_opens_refuses_lets_a_probe_through_and_closes() -> None:
    """Each change is told once, to the call that made it."""
    clock = Clock()
    breaker = circuit("c", RULE, now=clock)
    first, second, third = [await breaker.enter() for _ in range(3)]
    assert first.changed is None
    assert await breaker.leave(first, "failed") is None
    assert await breaker.leave(second, "ignored") is None
    assert await breaker.leave(third, "failed") == "open"
    clock.advance(4)
    with pytest.raises(BreakerOpen) as caught:
        await breaker.enter()
    assert (caught.value.breaker, caught.value.seconds) == ("c", 6)
    assert breaker.mode == "open"
    clock.advance(6)
    probe = await breaker.enter()
    assert probe.changed == "half_open"
    with pytest.raises(BreakerOpen):
        await breaker.enter()
    assert await breaker.leave(probe, "ok") == "closed"
    assert (await breaker.enter()).changed is None


def test_one_probe_gets_through_whatever_the_threads_do() -> None:
    """Event loops of many threads share it."""
    clock = Clock()
    breaker = circuit("c", Breaker(failures=1, cooldown=10), now=clock)
    start, through = threading.Barrier(8), []

    async def opened() -> None:
        await breaker.leave(await breaker.enter(), "failed")

    async def calls() -> None:
        start.wait(10)
        for _ in range(50):
            try:
                through.append(await breaker.enter())
            except BreakerOpen:
                await asyncio.sleep(0)

    asyncio.run(opened())
    clock.advance(10)
    threads = [threading.Thread(target=asyncio.run, args=(calls(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(through) == 1
