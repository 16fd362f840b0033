from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bench.routing import banking, calibration_error, measure
from stretto.routing import Choice
from tests.routing.talk import OTHER, TALK

if TYPE_CHECKING:
    from pathlib import Path


def test_the_figures_are_told(tmp_path: Path) -> None:
    """Each in its unit; what is trained on is known best."""
    pairs = [[text, label] for label, texts in TALK.items() for text in texts]
    inside, outside = tmp_path / "inside.json", tmp_path / "outside.json"
    inside.write_text(json.dumps(pairs))
    outside.write_text(json.dumps([[text, "oos"] for text in OTHER]))
    found = measure(inside, outside, inside, outside)
    assert found["accuracy"] > 80
    assert found["oos_recall"] > 50
    assert found["microseconds"] > 0
    assert 0 <= found["without_model"] <= 1


def test_a_tenth_is_held_out(tmp_path: Path) -> None:
    """Of each label, and none of it is trained on."""
    rows = [f"the {word} number {n},{word}" for word in ("red", "blue") for n in range(20)]
    path = tmp_path / "train.csv"
    path.write_text("\n".join(["text,category", *rows]))
    assert banking(path) == 1


def test_a_calibration_error_is_the_mean_gap() -> None:
    """Between confidence and share of right labels."""
    choices = [Choice("a", "why", 0.9), Choice("a", "why", 0.9), Choice("a", "why", 0.5)]
    assert calibration_error(choices, [True, False, False]) == pytest.approx((0.8 + 0.5) / 3)
