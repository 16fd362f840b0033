from __future__ import annotations

import math
import sys

import numpy as np
import pytest

from stretto.errors import MissingExtra
from stretto.routing.model import Model, logistic, numpy

MODEL = Model(
    classes=("", "cats", "dogs"),
    vocabulary={"wcat": 0, "wdog": 1},
    idf=np.array([1, 2], dtype=np.float32),
    weights=np.array([[0, 2, -1], [0, -1, 3]], dtype=np.float32),
    offsets=np.array([0.5, 0, 0], dtype=np.float32),
    sure=(1, 2, 0),
    bound=0,
)


def test_a_margin_is_the_product_with_the_weights() -> None:
    """Terms scaled to length 1; scope is the lead above out of scope, gap that above the second."""
    verdict = MODEL.verdict("The dog.")
    assert verdict is not None
    assert (verdict.ranked, verdict.scope, verdict.gap) == (("dogs", "cats"), 2.5, 4)
    assert verdict.words == ("dog",)
    assert MODEL.confidence(verdict) == logistic(2.5 + 8)
    both = MODEL.verdict("cat dog")
    assert both is not None
    assert both.scope == pytest.approx((-1 + 2 * 3) / math.sqrt(5) - 0.5, rel=1e-6)


def test_a_text_without_known_terms_has_no_verdict() -> None:
    """Nothing speaks for any label."""
    assert MODEL.verdict("fish") is None
    assert MODEL.verdict("") is None


def test_the_logistic_function_never_overflows() -> None:
    """It is 0 and 1 at its ends."""
    assert [logistic(x) for x in (-math.inf, 0, math.inf)] == [pytest.approx(0), 0.5, 1]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With how to install it."""
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtra, match=r"Routing by examples needs the extra 'routing'. Inst"):
        numpy()
