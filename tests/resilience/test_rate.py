from __future__ import annotations

import asyncio

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from stretto.errors import InvalidInput, TimedOut
from stretto.policy import Rate
from stretto.resilience.rate import Limiter, RateState, given_back, rate, taken
from stretto.testing import Clock

RULE = Rate(calls=2, per=1, burst=2)


async def turns(number: int = 5) -> None:
    """Let the event loop go round."""
    for _ in range(number):
        await asyncio.sleep(0)


def test_members_that_name_it_share_it() -> None:
    """And must agree on it."""
    assert rate("r", RULE) is rate("r", RULE.model_copy())
    with pytest.raises(InvalidInput, match=r"the rate 'r' is declared twice: \(calls=2.0 per=1.0"):
        rate("r", Rate(calls=3))
    assert rate("m", RULE, named=False) is not rate("m", Rate(calls=3), named=False)


def test_a_burst_begins_at_once_and_the_rest_by_the_rate() -> None:
    """After a pause as many as the burst may begin again."""
    state, waits = RateState(), []
    for _ in range(5):
        state, wait = taken(state, RULE, 0)
        waits.append(wait)
    assert waits == [0, 0, 0.5, 1, 1.5]
    assert taken(state, RULE, 2)[1] == 0
    state, wait = taken(state, RULE, 100)
    assert [wait, taken(state, RULE, 100)[1]] == [0, 0]


def test_a_clock_set_back_changes_no_wait() -> None:
    """Nobody waits for the time it was set back by."""
    state, _ = taken(RateState(), Rate(calls=1), 1000)
    state, wait = taken(state, Rate(calls=1), 10)
    assert wait == 1


async def test_calls_wait_their_turn() -> None:
    """And are told how long they waited."""
    clock, waits = Clock(), []
    limiter = rate("r", Rate(calls=1, per=10), now=clock)

    async def call() -> None:
        waits.append(await limiter.take(sleep=clock.sleep))

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(call())
        await turns()
        assert waits == [0]
        clock.advance(10)
        await turns()
        assert waits == [0, 10]
        clock.advance(10)
    assert waits == [0, 10, 20]


async def test_who_may_not_wait_so_long_leaves_the_place_to_others() -> None:
    """The error tells the wait and the remedy."""
    clock = Clock()
    limiter = Limiter("r", Rate(calls=1, per=10), clock)
    assert await limiter.take(most=0) == 0
    with pytest.raises(TimedOut, match=r"'r' lets the next call begin in 10.0 s, .* 9 s allowed"):
        await limiter.take(most=9)
    waiting = asyncio.create_task(limiter.take(sleep=clock.sleep, most=10))
    await turns()
    clock.advance(10)
    assert await waiting == 10


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
async def test_who_is_cancelled_gives_back(order: tuple[int, ...]) -> None:
    """In whatever order they are cancelled, the next comes when the first of them would have."""
    clock = Clock()
    limiter = Limiter("r", Rate(calls=1, per=10), clock)
    calls = [asyncio.create_task(limiter.take(sleep=clock.sleep)) for _ in range(4)]
    await turns()
    for number in order:
        calls[number].cancel()
        await turns()
    last = asyncio.create_task(limiter.take(sleep=clock.sleep))
    await turns()
    clock.advance(10)
    assert await last == 10


class Calls(RuleBasedStateMachine):
    """Calls that come, wait, are cancelled and begin, under a clock that jumps."""

    @initialize(
        calls=st.sampled_from([0.5, 1, 3, 10]),
        per=st.sampled_from([1, 60]),
        burst=st.integers(1, 4),
    )
    def begin(self, calls: float, per: int, burst: int) -> None:
        self.rule = Rate(calls=calls, per=per, burst=burst)
        self.state, self.now, self.gone = RateState(), 1000.0, 0.0
        self.begun: list[float] = []
        self.waiting: list[tuple[float, int]] = []

    @rule()
    def come(self) -> None:
        self.state, wait = taken(self.state, self.rule, self.now)
        assert self.waiting == [] or self.gone + wait >= self.waiting[-1][0] - 1e-6, "in turn"
        if wait:
            self.waiting.append((self.gone + wait, self.state.last))
        else:
            self.begun.append(self.gone)

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0))
    def cancel(self, which: int) -> None:
        _, number = self.waiting.pop(which % len(self.waiting))
        self.state = given_back(self.state, number)

    @rule(seconds=st.sampled_from([0.1, 1, 20, 1000]))
    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.gone += seconds
        self.begun += [at for at, _ in self.waiting if at <= self.gone]
        self.waiting = [each for each in self.waiting if each[0] > self.gone]

    @rule(seconds=st.sampled_from([1, 5000]))
    def set_back(self, seconds: float) -> None:
        self.now -= seconds

    @invariant()
    def never_too_many(self) -> None:
        """In no time do more begin than its burst and its rate allow."""
        times = getattr(self, "begun", [])
        for first, began in enumerate(times):
            for count, ended in enumerate(times[first:], 1):
                allowed = self.rule.burst + (ended - began) * self.rule.calls / self.rule.per
                assert count <= allowed + 1e-6

    @invariant()
    def remembers_little(self) -> None:
        """Only of those that still wait."""
        if self.state.gone:
            assert max(self.state.gone) < self.state.last

    @invariant()
    def is_full_after_a_pause(self) -> None:
        """A burst may begin when all that was taken has passed."""
        step = self.rule.per / self.rule.calls
        later = max(self.now, self.state.seen) + (self.state.level + 1) * step
        state = self.state
        for _ in range(self.rule.burst):
            state, wait = taken(state, self.rule, later)
            assert wait == 0
        assert not state.gone


TestCalls = Calls.TestCase
