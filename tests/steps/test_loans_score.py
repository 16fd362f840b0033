"""A score that is learned from past loans, and explains itself."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from stretto.errors import InvalidInput
from tests.teams.loans_made import BAD, GOOD, past, step

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sklearn")
checked, learned, load = (
    step("loans_codes.checked"), step("loans_learning.learned"), step("loans_score.load"),
)  # fmt: skip


@pytest.fixture(scope="module")
def loans() -> tuple[list[dict[str, Any]], list[bool]]:
    """Made past loans, checked."""
    rows = past()
    return [checked(row)[0] for row in rows], [row["credit"] == 2 for row in rows]


@pytest.fixture(scope="module")
def score(loans: tuple[list[dict[str, Any]], list[bool]]) -> Any:
    """Learned from them."""
    return learned(*loans)


def test_points_add_up_to_the_chance(score: Any) -> None:
    """And are relative to the average applicant."""
    values, _ = checked(BAD)
    points = score.points(values)
    odds = score.base + sum(points.values())
    assert score.chance(values) == pytest.approx(1 / (1 + math.exp(-odds)))
    assert max(points, key=lambda name: points[name]) in {"month", "status"}
    assert score.chance(values) > 0.6
    assert score.chance(checked(GOOD)[0]) < 0.3


def test_it_is_calibrated(score: Any, loans: tuple[list[dict[str, Any]], list[bool]]) -> None:
    """On the whole it foretells as many bad loans as there were."""
    chances = [score.chance(row) for row in loans[0]]
    assert sum(chances) == pytest.approx(sum(loans[1]), rel=0.1)
    assert score.measured["calibration"] < 0.1
    assert score.measured["bad"] == sum(loans[1])


def test_the_order_of_past_loans_does_not_count(
    score: Any, loans: tuple[list[dict[str, Any]], list[bool]]
) -> None:
    """The same loans make the same score."""
    assert learned(loans[0][::-1], loans[1][::-1]) == score


def test_it_is_saved_as_plain_numbers(score: Any, tmp_path: Path) -> None:
    """JSON, which gives the same back."""
    score.save(tmp_path / "score.json")
    assert json.loads((tmp_path / "score.json").read_text())["version"] == 1
    assert load(tmp_path / "score.json") == score


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "numbers": {}}'])
def test_a_file_that_is_no_score_is_refused(tmp_path: Path, text: str) -> None:
    """With the path and what helps."""
    (tmp_path / "score.json").write_text(text)
    with pytest.raises(InvalidInput, match="Train it again"):
        load(tmp_path / "score.json")


def test_what_no_past_loan_had_is_told(score: Any) -> None:
    """Numbers beyond theirs weigh as the nearest, codes that they lack nothing."""
    values = checked(GOOD | {"month": 500, "purpose": "A46"})[0]
    assert score.unseen(values) == ["month", "purpose"]
    near = checked(GOOD | {"month": 72, "purpose": "A46"})[0]
    assert score.points(values)["month"] == score.points(near)["month"]
    assert score.points(values)["purpose"] == 0


def test_too_few_past_loans_teach_nothing(loans: tuple[list[dict[str, Any]], list[bool]]) -> None:
    """Of either outcome."""
    with pytest.raises(InvalidInput, match="50 or more that went bad"):
        learned(loans[0][:60], loans[1][:60])


@pytest.mark.parametrize(
    ("chance", "leaning"), [(0.05, "grant"), (0.12, "refer"), (0.45, "refer"), (0.55, "refuse")]
)
def test_the_leaning_costs_least(chance: float, leaning: str) -> None:
    """A bad loan 5, a good one that is refused 1, a look at it one half."""
    assert step("loans_score.Costs")().leaning(chance) == leaning
