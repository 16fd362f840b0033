from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput, UnknownName
from stretto.routing import Criteria, choose

SCORES = {"urgent": lambda state: state["urgent"], "cheap": lambda state: state["cheap"]}
WEIGHTS = {"express": {"urgent": 2, "cheap": 0.5}, "post": {"cheap": 1}}


def test_the_highest_sum_wins() -> None:
    """The reason tells the sums, the data each criterion's part."""
    choice = Criteria(WEIGHTS, SCORES).decide({"urgent": 0.5, "cheap": 0.8})
    assert choice.label == "express"
    assert choice.reason == "'express' has 1.4 (urgent 1, cheap 0.4), 'post' 0.8"
    assert choice.confidence == pytest.approx((1.4 - 0.8) / 1.4)
    assert choice.alternatives == ("post",)
    assert choice.data["sums"] == {"express": 1.4, "post": 0.8}
    part = choice.data["parts"]["express"]["urgent"]
    assert part == {"weight": 2, "score": 0.5, "points": 1.0}


def test_a_tie_goes_to_the_first_written_and_is_told() -> None:
    """Sums that differ by rounding only tie, too."""
    weights = {"a": {"x": 0.1, "y": 0.2}, "b": {"z": 0.3}, "c": {"x": 0.1}}
    scores = dict.fromkeys("xyz", lambda state: 1)
    choice = Criteria(weights, scores).decide({})
    assert (choice.label, choice.confidence, choice.data["ties"]) == ("a", 0.0, ["a", "b"])
    assert choice.reason == "'a', 'b' tie with 0.3; 'a' is written first (y 0.2, x 0.1)"
    assert choice.alternatives == ("b", "c")


def test_without_enough_points_it_is_out_of_scope() -> None:
    """With none at all, or with fewer than declared."""
    state = {"urgent": False, "cheap": 0}
    choice = Criteria(WEIGHTS, SCORES).decide(state)
    assert (choice.label, choice.reason) == ("", "no criterion gives any label a point")
    choice = Criteria(WEIGHTS, SCORES, least=2).decide({"urgent": 0.5, "cheap": 0})
    assert choice.reason == "the best, 'express', has 1 of the 2 points it needs"
    assert choice.label == ""


async def test_weights_may_be_those_of_all_labels() -> None:
    """Then a function tells labels apart, and one of the state alone is asked once."""
    asked = []

    async def near(state, label):
        return {"north": 0.9, "south": 0.2}[label]

    def open_now(state):
        asked.append(1)
        return True

    scores = {"near": near, "open": open_now}
    by = Criteria({"near": 2, "open": 1}, scores, labels=["south", "north"])
    choice = await choose(by, {})
    assert (choice.label, choice.data["sums"]) == ("north", {"south": 1.4, "north": 2.8})
    assert asked == [1]


SHARES = st.floats(0, 1)
LABELS = "abcd"


@given(
    weights=st.dictionaries(
        st.sampled_from(LABELS),
        st.dictionaries(st.sampled_from("xyz"), st.floats(0.01, 10), min_size=1),
        min_size=2,
    ),
    scores=st.fixed_dictionaries(dict.fromkeys("xyz", SHARES)),
)
def test_no_label_has_more_than_the_winner(
    weights: dict[str, dict[str, float]], scores: dict[str, float]
) -> None:
    """But for rounding; the confidence is the lead as a share of the winner's sum."""
    used = {each for given in weights.values() for each in given}
    functions = {each: (lambda state, each=each: scores[each]) for each in used}
    choice = Criteria(weights, functions).decide({})
    sums = {
        label: sum(weight * scores[each] for each, weight in own.items())
        for label, own in weights.items()
    }
    if choice.label == "":
        assert max(sums.values()) == 0
        return
    ordered = sorted(sums.values(), reverse=True)
    assert math.isclose(sums[choice.label], ordered[0], rel_tol=1e-6)
    lead = (ordered[0] - ordered[1]) / ordered[0]
    assert math.isclose(choice.confidence or 0, lead, rel_tol=1e-6, abs_tol=1e-6)
    assert sorted([choice.label, *choice.alternatives]) == sorted(weights)


@pytest.mark.parametrize("score", [-0.1, 1.5, float("nan"), None, "high"])
async def test_a_score_is_a_share(score: object) -> None:
    """Anything else is an error that names the criterion, from async functions as well."""

    async def later(state):
        return score

    for function in (lambda state: score, later):
        by = Criteria(WEIGHTS, {**SCORES, "urgent": function})
        with pytest.raises(InvalidInput, match=r"'urgent' scored 'express' with .* number in 0..1"):
            await choose(by, {"cheap": 1})


def one(state: Any) -> float:
    """A score."""
    return 1


@pytest.mark.parametrize(
    ("weights", "scores", "options", "problem"),
    [
        ({}, {}, {}, "have no weights. Give each label"),
        ({"a": {"x": 1}}, {"x": one}, {}, "only the label 'a', so there is nothing to decide"),
        ({"a": {"x": -1}, "b": {"x": 1}}, {"x": one}, {}, "'a': the weight -1 of 'x' cannot be"),
        ({"a": {"x": math.nan}, "b": {"x": 1}}, {"x": one}, {}, "the weight nan of 'x'"),
        ({"a": {"x": "1"}, "b": {"x": 1}}, {"x": one}, {}, "the weight '1' of 'x'"),
        ({"a": {"x": 0}, "b": {"x": 1}}, {"x": one}, {}, "'a' has no weight above 0 and could nev"),
        ({"a": {}, "b": {"x": 1}}, {"x": one}, {}, "'a' has no weight above 0"),
        ({"x": 1}, {"x": one}, {}, "weights for all labels need `labels=`. Name the labels"),
        ({"x": 1}, {"x": one}, {"labels": ["a", "b"]}, "no function takes a label, so all labels"),
        ({"x": 1}, {"x": one}, {"labels": ["a", "a"]}, "the label 'a' is there twice"),
        ({"a": {"x": 1}, "b": {"x": 1}}, {"x": one}, {"labels": "ab"}, "name the labels already"),
        ({"a": {"x": 1}, "b": {"x": 1}}, {"x": 3}, {}, "'x' cannot be scored by 3. Give a funct"),
        ({"a": {"x": 1}, "b": {"x": 1}}, {"x": lambda: 1}, {}, "'x' cannot be scored by a funct"),
        ({"a": {"x": 1}, "b": {"x": 1}}, {"x": one, "y": one}, {}, "no label weighs 'y'. Give it"),
        ({"a": {"x": 1}, "b": {"x": 1}}, {"x": one}, {"least": 2}, "`least` is 2, and the sums go"),
    ],
)
def test_what_could_not_decide_is_refused(
    weights: Any, scores: Any, options: Any, problem: str
) -> None:
    """At build, with the place and what to change."""
    with pytest.raises(InvalidInput, match=f"the criteria 'criteria'.*{problem}"):
        Criteria(weights, scores, **options)


def test_a_criterion_has_a_function() -> None:
    """One that has none is told with the nearest that has."""
    with pytest.raises(UnknownName, match=r"no criterion 'urgnt'. Did you mean 'urgent'"):
        Criteria({"a": {"urgnt": 1}, "b": {"cheap": 1}}, SCORES)
