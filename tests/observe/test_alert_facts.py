from __future__ import annotations

import pytest

from stretto import records as r
from stretto.observe.alert_facts import Facts
from stretto.observe.alert_rules import Rule
from tests.observe.tales import START, Work


def rule(metric: str, **fields) -> Rule:
    """A rule with a command."""
    told = {"name": "r", "metric": metric, "above": 0.5, "command": ("x",), **fields}
    return Rule.model_validate(told)


def measured(work: Work, one: Rule, now: float | None = None):
    """What a rule measures on all the records."""
    facts = Facts([one])
    at = work.time if now is None else now
    facts.add(work.records, at)
    return facts.measure(at)["r"]


@pytest.fixture
def work() -> Work:
    """Four runs of a team, one of which failed, with a model call each."""
    told = Work()
    for number in range(4):
        told.start("research", thread=f"t-{number}")
        told.agent("planner", cost=0.5)
        told.tool("search", "failed" if number else "done", seconds=float(number))
        told.end("failed" if number == 3 else "done", seconds=10.0 * number)
    return told


def test_error_rates_of_runs_agents_and_tools(work):
    """By the filters."""
    assert measured(work, rule("error_rate")).value == 0.25
    assert measured(work, rule("error_rate", tool="search")).value == 0.75
    assert measured(work, rule("error_rate", agent="planner")).value == 0.0
    assert measured(work, rule("error_rate", team="other")).value is None
    assert "1 of 4 runs failed" in measured(work, rule("error_rate")).what


def test_too_few_cases_say_nothing(work):
    """Fewer than `min`."""
    assert measured(work, rule("error_rate", min=5)).value is None
    assert measured(work, rule("error_rate", min=4)).value == 0.25


def test_latency_money_and_tokens(work):
    """Of the window."""
    assert measured(work, rule("latency")).value == 30.0
    assert measured(work, rule("latency", quantile=0.5)).value == 10.0
    assert measured(work, rule("money")).value == 2.0
    assert measured(work, rule("tokens", model="offline")).value == 52.0


def test_what_is_older_than_the_window_does_not_count(work):
    """And is forgotten."""
    later = work.time + 3600
    assert measured(work, rule("tokens", window="10s"), later).value is None
    facts = Facts([rule("tokens", window="10s")])
    facts.add(work.records, later)
    assert len(facts._cases) == 0


def test_a_clock_that_went_back_keeps_what_was_just_now(work):
    """Its time is a little in the future then; far in the future it does not count."""
    assert measured(work, rule("error_rate", window="1h"), work.time - 600).value == 0.25
    assert measured(work, rule("error_rate", window="1h"), START - 86_400).value is None


def test_budgets(work):
    """The part that is used of the fullest, and more than all when it stood in the way."""
    work.add(r.Budgeted, budget="a", event="settled", unit="money", used=4.0, limit=5.0)
    assert measured(work, rule("budget", above=0.7)).value == pytest.approx(0.8)
    work.add(r.Budgeted, budget="a", event="exceeded", unit="money", used=5.0, limit=5.0)
    assert measured(work, rule("budget", above=1)).value > 1
    assert measured(work, rule("budget", above=1, budget="b")).value == 0.0


def test_breakers_letters_and_people(work):
    """As they stand, whenever it was."""
    late = work.time + 1e6
    work.add(r.BreakerChanged, breaker="m", state="open")
    assert measured(work, rule("breaker_open", above=0), late).value == 1.0
    assert measured(work, rule("breaker_open", above=0, breaker="n"), late).value == 0.0
    work.add(r.BreakerChanged, breaker="m", state="half_open")
    assert measured(work, rule("breaker_open", above=0), late).value == 0.0
    work.add(r.DeadLettered, letter="l", kind="undo", name="pay", attempts=3)
    work.add(r.DeadLettered, letter="k", kind="alert", name="r", attempts=3)
    assert measured(work, rule("dead_letters", above=0)).value == 1.0
    work.start("research", thread="asks")
    work.end("interrupted")
    found = measured(work, rule("approval_waiting"), work.time + 90)
    assert found.value == 90.0
    assert "asks" in found.what
    work.start("research", thread="asks", resumed=True)
    assert measured(work, rule("approval_waiting"), work.time + 90).value == 0.0


def test_a_killed_run_is_an_error_once_it_is_known(work):
    """As for metrics."""
    one = rule("error_rate")
    work.start("research", thread="t-9")
    facts = Facts([one])
    facts.add(work.records, work.time)
    assert facts.measure(work.time)["r"].count == 4
    facts.bury(lambda _: False)
    assert facts.measure(work.time)["r"].value == 0.4
