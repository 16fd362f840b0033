from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.observe.tally import Row, wilson


def test_wilson_of_published_figures():
    """81 of 263 lie between .2553 and .3662 (Newcombe 1998, table I, method 3)."""
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(0, 0) is None


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_rate_always_lies_in_its_interval(seen):
    """And the interval within 0 and 1."""
    good, count = seen
    low, high = wilson(good, count)
    assert 0 <= low <= good / count + 1e-12
    assert good / count - 1e-12 <= high <= 1


def test_money_without_a_price_is_not_known():
    """Nothing is not the same as no price."""
    row = Row("model", "m")
    assert row.told()["money"] is None
    row.spent.priced += 1
    assert row.told()["money"] == 0.0
    assert row.told()["money_each_accepted"] is None
