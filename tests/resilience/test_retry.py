"""Whether and when a call is made again: a pure decision."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from stretto.policy import Retry
from stretto.policy.resilience import TROUBLES
from stretto.resilience.retry import next_wait

seconds = st.floats(0.001, 1000)
rules = st.builds(
    Retry,
    attempts=st.integers(2, 50),
    wait=seconds,
    factor=st.floats(1, 10),
    longest=seconds,
    jitter=st.floats(0, 1),
    total=seconds,
    on=st.lists(st.sampled_from(TROUBLES), min_size=1, unique=True).map(tuple),
)
draws = st.floats(0, 1)


@given(rules, st.integers(1, 60), seconds, st.sampled_from([*TROUBLES, None]), draws)
def test_it_never_goes_beyond_what_the_rule_says(
    rule: Retry, attempt: int, elapsed: float, trouble: str | None, draw: float
) -> None:
    """Neither more calls, nor other troubles, nor a longer time."""
    wait = next_wait(rule, attempt, elapsed, trouble, draw=draw)
    if wait is None:
        return
    assert attempt < rule.attempts
    assert trouble in rule.on
    assert elapsed + wait <= rule.total
    assert 0 <= wait <= rule.longest * (1 + rule.jitter)


@given(rules, st.integers(1, 60), draws, seconds)
def test_a_provider_that_asks_to_wait_is_never_called_before(
    rule: Retry, attempt: int, draw: float, asked: float
) -> None:
    """`Retry-After` is the least wait; one that is too long ends the trying."""
    wait = next_wait(rule, attempt, 0.0, rule.on[0], asked=asked, draw=draw)
    assert wait is None or asked <= wait
    if asked > rule.longest:
        assert wait is None


@given(rules, draws)
def test_waits_grow_up_to_the_longest(rule: Retry, draw: float) -> None:
    """With the same draw none is shorter than the one before."""
    rule = rule.model_copy(update={"total": 1e9, "attempts": 40})
    waits = [next_wait(rule, n, 0.0, rule.on[0], draw=draw) or 0.0 for n in range(1, 40)]
    assert all(a <= b + 1e-9 for a, b in pairwise(waits))


def test_the_jitter_is_a_part_of_the_wait() -> None:
    """Half a second, give or take half of it; a second wait of a second likewise."""
    rule = Retry(wait=0.5, jitter=0.5)
    first = [next_wait(rule, 1, 0, "timeout", draw=d) for d in (0.0, 0.5, 1.0)]
    second = [next_wait(rule, 2, 0, "timeout", draw=d) for d in (0.0, 0.5, 1.0)]
    assert first == [0.25, 0.5, 0.75]
    assert second == [0.5, 1.0, 1.5]
