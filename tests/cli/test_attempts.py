from __future__ import annotations

from stretto.cli.attempts import attempts
from stretto.records import FellBack, Retried


def told(place="a:1", **fields):
    """Of a place, a second into the run."""
    return {"time": 1.0, "thread": "t", "run": "r", "place": place, **fields}


def test_a_chain_of_models_is_one_line():
    """Who tried how often, in their order; how the first failed."""
    records = [
        Retried(**told(), step="model", name="a", attempt=2, error="one"),
        FellBack(**told(), step="model", name="a", to="b", error="two"),
        Retried(**told(), step="model", name="b", attempt=2, error="three"),
        FellBack(**told(), step="model", name="b", to="c", error="four"),
    ]
    (found,) = attempts(records)
    assert found.told() == "a 2 times, then b 2 times, then c 1 time"
    assert (found.first, found.error) == ("a", "one")


def test_places_and_steps_are_kept_apart():
    """Two nodes that are tried again have nothing to do with one another."""
    records = [
        Retried(**told("a:1"), step="node", name="a", attempt=2),
        Retried(**told("b:1"), step="node", name="b", attempt=2),
        Retried(**told("a:1"), step="node", name="a", attempt=3),
        Retried(**told("a:1"), step="tool", name="t", attempt=2),
    ]
    assert [f.told() for f in attempts(records)] == ["a 3 times", "b 2 times", "t 2 times"]


def test_an_error_handler_is_the_last_to_try():
    """It stands one place further in."""
    records = [
        Retried(**told("a:1"), step="node", name="a", attempt=2),
        FellBack(**told("a:1|h:2"), step="node", name="a", to="h"),
    ]
    assert [f.told() for f in attempts(records)] == ["a 2 times, then h 1 time"]


def test_a_fallback_alone():
    """One try each."""
    (found,) = attempts([FellBack(**told(), step="model", name="a", to="b", error="no")])
    assert found.told() == "a 1 time, then b 1 time"
