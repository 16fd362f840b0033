"""What a level may do on its own, and when it is more than the level above may."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stretto.policy import Authority, Budget
from stretto.policy.authority import (
    exceeds,
    inherited,
    may_call,
    may_decide,
    may_delegate,
    within,
)

names = st.none() | st.frozensets(st.sampled_from("abc"), max_size=3)
limits = st.none() | st.integers(0, 3).map(float)


@st.composite
def budgets(draw: st.DrawFn) -> Budget | None:
    """A budget of small numbers, or none."""
    told = {"money": draw(limits), "tokens": draw(st.none() | st.integers(0, 3))}
    return Budget(**told) if any(v is not None for v in told.values()) else None


authorities = st.builds(
    Authority,
    budget=budgets(),
    tools=names,
    delegates=names,
    span=st.none() | st.integers(1, 3),
    may_decide=st.dictionaries(st.sampled_from(["pay", "ship"]), limits, max_size=2),
)
asked = st.tuples(st.sampled_from(["pay", "ship", "x"]), st.none() | st.floats(-1, 5))


@given(authorities)
def test_everyone_is_within_itself(one: Authority) -> None:
    """Nothing is more than itself, nor more than what it inherits all from."""
    assert within(one, one)
    assert within(inherited(one, Authority()), one)


@given(authorities, authorities, authorities)
def test_within_is_transitive(a: Authority, b: Authority, c: Authority) -> None:
    """Whoever is within one that is within a third is within the third."""
    if within(a, b) and within(b, c):
        assert within(a, c)


@given(authorities, authorities, authorities)
def test_what_is_inherited_stays_within_those_above(
    a: Authority, b: Authority, c: Authority
) -> None:
    """Down three levels that were each checked against the one above."""
    second = inherited(a, b)
    third = inherited(second, c)
    if within(second, a) and within(third, second):
        assert within(third, a)


@given(authorities, authorities, asked, st.sampled_from("abcd"))
def test_whoever_is_within_another_may_do_nothing_more(
    child: Authority, parent: Authority, decision: tuple[str, float | None], name: str
) -> None:
    """No call, delegation or decision is open to it that is not to the other."""
    if not within(child, parent):
        assert exceeds(parent, child)
        return
    assert not may_call(child, name) or may_call(parent, name)
    assert not may_delegate(child, name) or may_delegate(parent, name)
    assert not may_decide(child, *decision) or may_decide(parent, *decision)


def test_it_says_by_what_one_exceeds_another() -> None:
    """Each in words, in a fixed order."""
    parent = Authority(
        budget=Budget(tokens=10, money=1),
        tools=["look"],
        delegates=["a"],
        span=2,
        may_decide={"refund": 100},
    )
    child = Authority(
        budget=Budget(tokens=50),
        tools=["look", "pay"],
        delegates=["b"],
        span=3,
        may_decide={"refund": None, "ship": 5},
    )
    assert exceeds(parent, child) == [
        "a budget of any money, above 1",
        "a budget of 50 tokens, above 10",
        "the tool 'pay'",
        "the delegate 'b'",
        "a span of 3, above 2",
        "deciding 'refund' up to any, above 100",
        "deciding 'ship'",
    ]
    assert exceeds(parent, inherited(parent, Authority())) == []


@pytest.mark.parametrize(
    ("amount", "alone"),
    [(0, True), (100.0, True), (100.01, False), (-5, False), (math.nan, False), (None, False)],
)
def test_a_limit_holds_for_amounts(amount: float | None, *, alone: bool) -> None:
    """Where there is one, what has no amount is beyond it."""
    assert may_decide(Authority(may_decide={"refund": 100}), "refund", amount) is alone
    assert may_decide(Authority(may_decide={"refund": None}), "refund", amount)
    assert not may_decide(Authority(), "refund", amount)


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ({"span": 0}, "greater than or equal to 1"),
        ({"tools": "look"}, "is a text. Give a list"),
        ({"may_decide": {"refund": -1}}, "0 or more"),
        ({"may_decide": {"refund": math.inf}}, "0 or more"),
        ({"may_decide": {" ": 1}}, "has no name"),
        ({"power": 1}, "Extra inputs"),
    ],
)
def test_what_could_not_be_an_authority_is_refused(given_: dict[str, Any], told: str) -> None:
    """With what to do."""
    with pytest.raises(ValidationError, match=told):
        Authority(**given_)
