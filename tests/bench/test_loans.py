from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sklearn")

from bench import loans
from tests.teams.loans_made import past, written

if TYPE_CHECKING:
    from pathlib import Path


def scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *given: object
) -> dict[str, float]:
    """The last line that a run of it prints."""
    monkeypatch.setattr(sys, "argv", ["bench.loans", *map(str, given)])
    loans.main()
    found: dict[str, float] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_another_file_is_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With or without a header; rows that cannot be read are counted."""
    train = written(tmp_path / "past.csv", past(300))
    test = written(tmp_path / "new.csv", past(100, seed=2), header=False)
    with test.open("a") as file:
        file.write("A11,12\n")
    found = scored(monkeypatch, capsys, test, "--train", train)
    assert found["loans"] == 100
    assert found["left_out"] == 1
    assert 0 < found["cost_ratio"] < 1.1
    assert 0 < found["escalated"] < 1


def test_a_file_is_scored_by_what_the_rest_of_it_taught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where it is the one trained on."""
    train = written(tmp_path / "past.csv", past(400))
    seen: list[int] = []
    honest = loans.scorecard

    def fit(given: loans.Loans) -> loans.Chances:
        seen.append(len(given[0]))
        return honest(given)

    monkeypatch.setattr(loans, "scorecard", fit)
    monkeypatch.setattr(loans, "FOLDS", 2)
    found = scored(monkeypatch, capsys, train, "--train", train, "--repeats", 1)
    assert seen == [200, 200]
    assert found["cost_ratio"] > 0


def test_rows_to_be_scored_teach_nothing() -> None:
    """They are taken out of those trained on."""
    one, two = {"month": 1}, {"month": 2}
    assert loans.without(([one, two], [True, False]), ([two], [False])) == ([one], [True])


def test_costs_follow_the_data_sets_rule() -> None:
    """5 for a bad loan granted, 1 for a good one refused, a half for the underwriter."""
    chances, bad = [0.05, 0.05, 0.3, 0.9], [True, False, True, False]
    assert loans.cost(chances, bad) == 5 + 0 + 0.5 + 1
    assert loans.cost(chances, bad, refer=False) == 5 + 0 + 0 + 1
    assert loans.figures(chances, bad)["cost_ratio"] == 6.5 / 2
