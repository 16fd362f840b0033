"""What a task costs as the number of agents grows."""

from __future__ import annotations

import json

import pytest

from bench.scale.__main__ import measured, show, told
from bench.scale.measure import FIGURES, Cost, slope, tail
from bench.scale.shapes import BY_HAND

COUNTED = ("calls", "messages", "tokens", "supersteps", "python")


async def test_nothing_that_is_sent_grows_faster_than_the_agents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The figures are told for each shape."""
    shapes = ["supervisor, all at once", "hierarchy in two levels", "swarm, each to the next"]
    shapes += ["parallel", "sequential", BY_HAND]
    found = await measured([5, 15], shapes, 1)
    data = json.loads(json.dumps(told(found)))
    assert set(data) == {"shapes", "worst", "worst_tail"}
    assert set(data["shapes"]) == set(shapes)
    for name, figures in data["shapes"].items():
        assert set(figures) == {"agents", "slopes", "tails", *FIGURES}
        assert all(figures["slopes"][each] < 1.15 for each in COUNTED if name != BY_HAND), name
    show(found)
    assert "slope" in capsys.readouterr().out


def test_a_slope_is_the_exponent_of_growth() -> None:
    """Over all sizes; the tail is that of the two largest."""
    costs = [Cost(n, n, n**2, 7, max(n, 50), 1, 1, 1.0, 1.0) for n in (5, 20, 50, 200)]
    assert slope(costs, "calls") == pytest.approx(1)
    assert slope(costs, "messages") == pytest.approx(2)
    assert slope(costs, "tokens") == pytest.approx(0)
    assert tail(costs, "supersteps") == pytest.approx(1)
