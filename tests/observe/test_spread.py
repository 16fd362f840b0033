from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from stretto.observe.spread import BOUNDS, Buckets, Exact

TIMES = st.lists(st.floats(0, 5000), min_size=1)


def test_no_times_have_no_quantile():
    """Of nothing nothing is said."""
    assert Exact().at(0.5) is None
    assert Buckets().at(0.5) is None


def test_exact_quantiles_are_times_that_were_added():
    """By the nearest rank."""
    times = Exact()
    for number in range(100, 0, -1):
        times.add(float(number))
    assert [times.at(p) for p in (0.0, 0.5, 0.95, 0.99, 1.0)] == [1.0, 50.0, 95.0, 99.0, 100.0]


@given(TIMES, st.sampled_from([0.5, 0.95, 0.99]))
def test_at_least_that_part_does_not_exceed_a_quantile(times, part):
    """It is one of the times, and the smallest such."""
    spread = Exact()
    for time in times:
        spread.add(time)
    found = spread.at(part)
    assert found in times
    assert sum(time <= found for time in times) >= part * len(times)
    assert sum(time < found for time in times) < max(1, math.ceil(part * len(times)))


@given(TIMES)
def test_buckets_hold_as_many_as_were_added_and_never_grow(times):
    """And a quantile of theirs lies in the bucket of the exact one."""
    buckets, exact = Buckets(), Exact()
    for time in times:
        buckets.add(time)
        exact.add(time)
    assert buckets.count == sum(buckets.counts) == len(times)
    assert len(buckets.counts) == len(BOUNDS) + 1
    found, real = buckets.at(0.5), exact.at(0.5)
    upper = next((bound for bound in BOUNDS if real <= bound), BOUNDS[-1])
    assert found <= upper
