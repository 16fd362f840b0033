from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.routing import Cascade, Choice, rule


def stage(name: str, choice: Choice, asked: list[str] | None = None) -> Any:
    """A decider that always says the same, and notes that it was asked."""

    async def say(state):
        if asked is not None:
            asked.append(name)
        return choice

    return rule(say, name=name)


async def test_the_next_is_asked_when_one_is_unsure() -> None:
    """What each said is told."""
    cascade = Cascade(
        stage("words", Choice("", "nothing fits")),
        stage("examples", Choice("billing", "like it", 0.55, ("sales",))),
        stage("model", Choice("sales", "it says so", 0.7, ("account",))),
    )
    choice = await cascade.decide({})
    assert choice.label == "sales"
    assert choice.reason == (
        "words was out of scope, examples was unsure of 'billing' (0.55 < 0.8); model: it says so"
    )
    assert (choice.confidence, choice.alternatives) == (0.7, ("account", "billing"))
    assert choice.data["decided"] == "model"
    told = [(each["name"], each["label"], each["confidence"]) for each in choice.data["stages"]]
    assert told == [("words", "", None), ("examples", "billing", 0.55), ("model", "sales", 0.7)]


async def test_the_last_word_stands() -> None:
    """Even when it is out of scope, and an earlier stage had a guess."""
    cascade = Cascade(stage("a", Choice("x", "why", 0.2)), stage("b", Choice("", "nobody")))
    choice = await cascade.decide({})
    assert (choice.label, choice.alternatives) == ("", ("x",))


CHOICES = st.builds(
    Choice,
    st.sampled_from(["", "x", "y"]),
    st.just("why"),
    st.one_of(st.none(), st.floats(0, 1)),
)


@given(choices=st.lists(CHOICES, min_size=2, max_size=5), unsure=st.floats(0, 1))
async def test_no_stage_is_asked_after_a_sure_one(choices: list[Choice], unsure: float) -> None:
    """And all before it were unsure or out of scope."""
    asked: list[str] = []
    stages = [stage(str(at), choice, asked) for at, choice in enumerate(choices)]
    decided = await Cascade(*stages, unsure=unsure).decide({})
    sure = [
        at
        for at, each in enumerate(choices)
        if each.label and (each.confidence is None or each.confidence >= unsure)
    ]
    last = sure[0] if sure else len(choices) - 1
    assert asked == [str(at) for at in range(last + 1)]
    assert decided.label == choices[last].label
    assert [each["name"] for each in decided.data["stages"]] == asked


def test_labels_are_those_of_all_stages() -> None:
    """When each knows its own."""
    one = rule(lambda state: "a", name="one", labels=["a"])
    two = rule(lambda state: "b", name="two", labels=["b", "c"])
    unknown = rule(lambda state: "b", name="three")
    assert Cascade(one, two).labels == {"a", "b", "c"}
    assert Cascade(one, unknown).labels is None


async def test_cascades_nest() -> None:
    """One is a decider like any other."""
    inner = Cascade(
        stage("a", Choice("", "why")), stage("b", Choice("x", "why", 0.3)), name="inner"
    )
    choice = await Cascade(inner, stage("c", Choice("y", "because"))).decide({})
    assert choice.label == "y"
    assert choice.data["stages"][0]["data"]["decided"] == "b"


ONE = rule(lambda state: "a", name="one")
TWO = rule(lambda state: "a", name="two")


@pytest.mark.parametrize(
    ("stages", "options", "problem"),
    [
        ((), {}, "needs two stages, and has 0. Give more"),
        ((ONE,), {}, "needs two stages, and has 1. Give more"),
        ((ONE, len), {}, "stage 2 is <built-in function len>, which is no decider. Give one"),
        ((ONE, Cascade), {}, "stage 2 is .* is no decider"),
        ((ONE, ONE), {}, "two stages are called 'one'. Give each a `name` of its own"),
        ((ONE, TWO), {"unsure": 1.1}, "`unsure` is 1.1. Give the confidence"),
        ((ONE, TWO), {"unsure": float("nan")}, "`unsure` is nan"),
        ((ONE, TWO), {"unsure": True}, "`unsure` is True"),
    ],
)
def test_what_could_not_decide_is_refused(stages: Any, options: Any, problem: str) -> None:
    """At build, with the place and what to change."""
    with pytest.raises(InvalidInput, match=f"the cascade 'cascade'.*{problem}"):
        Cascade(*stages, **options)
