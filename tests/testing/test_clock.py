"""The clock under a test's control."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.testing import Clock

if TYPE_CHECKING:
    from stretto import clock

spans = st.lists(st.integers(1, 50), min_size=1, max_size=8)


def test_it_stands_still_until_it_is_advanced() -> None:
    """It takes the place of the clock everything uses."""
    it: clock.Clock = Clock(100.0)
    assert (it(), it()) == (100.0, 100.0)
    it.advance(2.5)
    assert it() == 102.5


@given(spans, st.lists(st.integers(0, 40), max_size=8))
def test_sleepers_wake_when_their_time_has_come_and_in_its_order(
    naps: list[int], steps: list[int]
) -> None:
    """After any steps just those are awake whose time has passed, the earliest first."""

    async def live() -> None:
        it, awake = Clock(), list[tuple[int, int]]()

        async def nap(number: int, seconds: int) -> None:
            await it.sleep(seconds)
            awake.append((seconds, number))

        tasks = [asyncio.create_task(nap(n, s)) for n, s in enumerate(naps)]
        await asyncio.sleep(0)
        for step in steps:
            it.advance(step)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            passed = [(s, n) for n, s in enumerate(naps) if s <= it() - Clock()()]
            assert awake == sorted(passed)
            assert it.sleeping == len(naps) - len(awake)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert it.sleeping == 0

    asyncio.run(live())


async def test_a_sleep_of_nothing_does_not_wait() -> None:
    """As with `asyncio.sleep(0)`, others get a turn."""
    await Clock().sleep(0)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
async def test_time_only_passes_forward(seconds: float) -> None:
    """What is no span of time is refused."""
    with pytest.raises(InvalidInput, match="Give seconds, 0 or more"):
        Clock().advance(seconds)
    with pytest.raises(InvalidInput, match="Give seconds, 0 or more"):
        await Clock().sleep(seconds)
