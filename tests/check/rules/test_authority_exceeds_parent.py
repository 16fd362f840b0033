"""A507: hierarchies and budgets within others."""

from __future__ import annotations

from typing import Any

import pytest

from stretto import Delegate, hierarchy, level, member, sequential
from stretto.patterns.office import decide
from stretto.policy import Authority, Budget, Policy
from tests.check.rules.chains import found

CODE = "A507"


def lead(state: Any) -> str:
    """Answers by itself."""
    return "Done."


def desk(state: Any) -> str:
    """Answers by itself."""
    return "Done."


async def clerk(state: Any) -> str:
    """Has something decided."""
    told = await decide("refund", 400)
    return f"Granted on the authority of {told.authority}."


def look_up(words: str) -> str:
    """Look words up."""
    return words


def _inner(authority: Authority | None = None) -> Any:
    return member(hierarchy(desk, [clerk], authority=authority), name="office")


def _outer(inner: Any, **authority: Any) -> Any:
    return hierarchy(lead, [inner], authority=Authority(**authority))


def _delegating(to: str) -> Any:
    def manager(state: Any) -> Any:
        done = any(each.result for each in state.get("work") or [])
        return "Done." if done else Delegate(worker=to, task="Refund it")

    return manager


async def test_a_hierarchy_within_another_decides_on_its_own():
    """What the one above may not decide is granted, and nobody above is asked."""
    granted: list[str] = []

    async def refunder(state: Any) -> str:
        told = await decide("refund", 400)
        granted.append(f"{told.granted} by {told.by}")
        return "Done."

    own = Authority(may_decide={"refund": 500})
    inner = hierarchy(_delegating("refunder"), [refunder], authority=own)
    outer = _outer(member(inner, name="office"), may_decide={"refund": 50})
    busy = hierarchy(_delegating("office"), [member(inner, name="office")])
    await busy.compile().ainvoke({"messages": [("user", "My lamp is broken")]})
    assert granted == ["True by refunder"]
    assert found(outer, CODE)
    assert found(busy, CODE)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ({"may_decide": {"refund": 500}}, {"may_decide": {"refund": 50}}),
        ({"may_decide": {"refund": 500}}, {}),
        ({"may_decide": {"refund": None}}, {"may_decide": {"refund": 50}}),
        ({"tools": ["look_up"]}, {"tools": ["search"]}),
        ({"span": 5}, {"span": 2}),
        ({"budget": Budget(calls=50)}, {"budget": Budget(calls=5)}),
    ],
)
def test_one_that_exceeds_the_one_above_is_found(inner: dict[str, Any], outer: dict[str, Any]):
    """In whatever it says."""
    (finding,) = found(_outer(_inner(Authority(**inner)), **outer), CODE)
    assert finding.node == "office"
    assert finding.certainty == "proved"


def test_one_deep_within_is_found():
    """A team between the two changes nothing."""
    team = member(sequential(_inner(Authority(may_decide={"refund": 5}))), name="team")
    assert found(_outer(team), CODE)


def test_a_budget_above_the_one_around_it_is_found():
    """It says what can never be spent."""
    team = member(sequential(member(desk, policy=Policy(budget=Budget(calls=9)))), name="team")
    outer = sequential(team, budget=Budget(calls=5))
    (finding,) = found(outer, CODE)
    assert finding.severity == "warning"
    assert found(sequential(team, budget=Budget(calls=9)), CODE) == []
    assert found(sequential(team, budget=Budget(seconds=5)), CODE) == []


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ({}, {}),
        ({}, {"may_decide": {"refund": 50}, "tools": ["look_up"], "span": 3}),
        ({"may_decide": {"refund": 50}}, {"may_decide": {"refund": 50}}),
        ({"may_decide": {"refund": 5}}, {"may_decide": {"refund": None}}),
        ({"tools": ["look_up"]}, {}),
        ({"tools": ["look_up"]}, {"tools": ["look_up", "search"]}),
        ({"budget": Budget(calls=5)}, {"budget": Budget(calls=5)}),
    ],
)
def test_one_within_the_one_above_is_sound(inner: dict[str, Any], outer: dict[str, Any]):
    """It may do less, or as much."""
    assert found(_outer(_inner(Authority(**inner)), **outer), CODE) == []


def test_levels_are_sound():
    """Building them has compared them already."""
    under = level(desk, [clerk], authority=Authority(may_decide={"refund": 5}))
    top = Authority(may_decide={"refund": 50}, budget=Budget(calls=9))
    assert found(hierarchy(lead, [under, look_up], authority=top), CODE) == []
