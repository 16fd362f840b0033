"""A policy that could not take effect is refused where it is written, with the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from stretto import Agent
from stretto.policy import Breaker, Budget, Constant, Fallback, Policy, Retry, Timeout

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"timeout": {}}, "bounds nothing"),
    ({"timeout": {"call": 9, "total": 5}}, "Raise `total`"),
    ({"timeout": {"total": 1}, "retry": {"wait": 5}}, "over before the retry's first wait"),
    ({"retry": {"wait": 5, "total": 2}}, "over before the retry's first wait"),
    ({"retry": {"wait": 5, "longest": 2}}, "Raise `longest`"),
    ({"timeout": {"call": 2}, "hedge": {"after": 2}}, "Lower `after`"),
    ({"timeout": {"total": 2}, "rate": {"calls": 1, "per": 5}}, "Raise `total`"),
    ({"timeout": {"total": 2}, "bulkhead": {"limit": 1, "wait": 5}}, "Lower `wait`"),
    ({"timeout": {"call": 2}, "breaker": {"slow": 3}}, "Lower `slow`"),
    (
        {"breaker": {"cooldown": 60}, "retry": {"on": ["open"], "longest": 5}},
        "Leave 'open' out",
    ),
    ({"fallback": {"to": [{"constant": 1}, "offline"]}}, "a constant last"),
    ({"fallback": {"to": [{"agent": "other"}, "offline"]}}, "models first"),
    ({"fallback": {"to": [{"constant": 1}, {"constant": 2}]}}, "never reached"),
    ({"fallback": {"to": ["offline", "offline"]}}, "same one twice"),
    ({"fallback": {"to": {"mdl": "offline"}}}, "model: offline"),
    (
        {"budget": {"calls": 1}, "fallback": {"to": "offline", "on": "budget"}},
        "Add a constant or another member",
    ),
    ({"undo": 3}, "undoes nothing"),
    ({"budget": {}}, "limits nothing"),
]


@pytest.mark.parametrize(("said", "remedy"), REFUSED)
def test_what_could_not_take_effect_is_refused(said: dict[str, Any], remedy: str) -> None:
    """Each with a text that ends with the remedy."""
    with pytest.raises(ValidationError, match=remedy):
        Policy.model_validate(said)


@pytest.mark.parametrize(
    "said",
    [
        {"retry": {"attempts": 1}},
        {"retry": {"wait": 0}},
        {"retry": {"wait": float("inf")}},
        {"retry": {"jitter": 1.5}},
        {"retry": {"on": []}},
        {"retry": {"on": ["weather"]}},
        {"bulkhead": {"limit": 0}},
        {"rate": {"calls": -1}},
        {"budget": {"money": -1}},
        {"budget": {"share": 2}},
        {"breaker": {"ratio": 0}},
        {"fallback": {"to": []}},
        {"retries": {}},
    ],
)
def test_values_out_of_their_range_are_refused(said: dict[str, Any]) -> None:
    """Pydantic says which."""
    with pytest.raises(ValidationError):
        Policy.model_validate(said)


def test_a_sensible_policy_is_taken() -> None:
    """All at once."""
    policy = Policy(
        retry=Retry(attempts=4),
        timeout=Timeout(call=20, total=90),
        breaker=Breaker(slow=10),
        fallback=Fallback(to=["offline", Agent(name="other"), Constant(value="sorry")]),
        budget=Budget(calls=3),
    )
    assert policy == policy.model_copy() != Policy()
    assert Fallback(to="offline") == Fallback(to=["offline"]) == Fallback(to={"model": "offline"})
