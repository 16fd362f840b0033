from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.routing.training import fewest, fitted, folds, lowest, train
from tests.routing.talk import OTHER, TALK

PAIRS = [(text, label) for label, texts in TALK.items() for text in texts]


@given(scores=st.lists(st.integers(0, 20), min_size=1).map(sorted), share=st.floats(0, 1))
def test_the_bound_sends_away_no_more_than_the_share(scores: list[int], share: float) -> None:
    """And no higher one among the scores keeps to that."""
    bound = lowest(scores, share)
    assert sum(score < bound for score in scores) <= share * len(scores)
    higher = [score for score in scores if score > bound]
    if higher:
        assert sum(score < higher[0] for score in scores) > share * len(scores)


def test_without_scores_nothing_is_sent_away() -> None:
    """There is nothing to choose a bound by."""
    assert lowest([], 0.5) == -math.inf


@given(st.lists(st.sampled_from("abc"), max_size=30))
def test_the_examples_of_a_label_are_dealt_out_evenly(labels: list[str]) -> None:
    """So each label with two examples is known to every part's classifier."""
    dealt = folds(labels)
    for label in set(labels):
        own = [part for part, each in zip(dealt, labels, strict=True) if each == label]
        sizes = [own.count(part) for part in range(3)]
        assert max(sizes) - min(sizes) <= 1
    assert folds(labels) == dealt


def test_few_examples_make_nobody_certain() -> None:
    """When all held-out labels are right, the confidence stays below 1."""
    held, right = np.array([[1.0, 1.0]] * 6), np.ones(6, dtype=bool)
    by_scope, by_gap, base = fitted(held, right)
    sure = 1 / (1 + math.exp(-(by_scope + by_gap + base)))
    assert 0.7 < sure < 0.95


@pytest.mark.parametrize("outside", [[], OTHER])
def test_it_is_measured_on_what_was_held_out(outside: list[str]) -> None:
    """With examples that belong to no label, how many of them it finds is told as well."""
    pairs = sorted([*PAIRS, *((text, "") for text in outside)])
    model, measured = train(pairs, refuse=0.1, threshold=None)
    assert measured.examples == len(pairs)
    assert 0 <= measured.accuracy <= 1 - measured.refused
    assert (measured.out_of_scope is None) == (not outside)
    assert ("" in model.classes) == bool(outside)
    assert math.isfinite(model.bound)


def test_the_rarest_label_is_known() -> None:
    """With the number of its examples."""
    assert fewest([("x", "a"), ("y", "b"), ("z", "a")]) == ("b", 1)
