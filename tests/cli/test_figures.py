from __future__ import annotations

import pytest

from stretto import records as r
from stretto.cli.figures import draw_metrics, money
from stretto.observe.metrics import Metrics
from stretto.observe.tally import Spent
from tests.observe.tales import Work


@pytest.fixture
def work() -> Work:
    """A busy day."""
    told = Work()
    for number in range(12):
        told.start(
            f"a-team-with-a-name-that-is-longer-than-any-column-{number}", thread=str(number)
        )
        told.agent(f"agent-{number}", cost=1234.5 if number % 2 else None, input_tokens=10**9)
        told.tool("search", seconds=4000.0)
        told.outcome(rounds=2, edits=1)
        told.end()
    told.add(r.BreakerChanged, breaker="m", state="half_open")
    told.add(r.Budgeted, budget="b", event="exceeded", unit="money", used=2.0, limit=1.0)
    told.add(r.Waited, on="rate", name="m", seconds=2.0)
    told.add(r.DeadLettered, letter="l", kind="undo", name="pay", attempts=3)
    told.add(r.Compensated, step="pay", status="failed")
    told.add(r.Retried, step="model", name="m", attempt=2)
    told.add(r.Feedback, on="x", thumb="up", score=1.0)
    return told


@pytest.mark.parametrize("width", [80, 100, 160])
def test_figures_fit_the_screen_and_numbers_are_never_cut(work, drawn, width):
    """Names give way."""
    metrics = Metrics()
    metrics.add(work.records)
    said = drawn(draw_metrics(metrics, by=None, width=width), width)
    assert max(map(len, said.splitlines())) <= width
    for words in ("12G", "1.1h", ">7,407.00", "m is half open", "exceeded 1 times", "dead letter"):
        assert words in said
    assert "and 4 more: --by team" in said


def test_one_table_is_whole(work, drawn):
    """However many there are."""
    metrics = Metrics()
    metrics.add(work.records)
    said = drawn(draw_metrics(metrics, by="agent", width=120), 120)
    assert all(f"agent-{number} " in said for number in range(12))
    assert "no node has done anything" in drawn(draw_metrics(metrics, by="node", width=80), 80)


def test_money_says_what_is_known():
    """No price is not nothing."""
    assert money(Spent()) == "-"
    assert money(Spent(unpriced=3)) == "no price"
    assert money(Spent(priced=1)) == "0.00"
    assert money(Spent(money=0.00123, priced=1)) == "0.0012"
    assert money(Spent(money=12.5, priced=1, unpriced=1)) == ">12.50"
