from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stretto.observe.alert_rules import Rule
from stretto.observe.alerts import Measured, Standing, decide


def rule(**fields) -> Rule:
    """A rule on tokens."""
    given_ = {"name": "r", "metric": "tokens", "above": 10.0, "command": ("x",)}
    return Rule.model_validate({**given_, **fields})


def played(one: Rule, values, times) -> list[str]:
    """The events of a rule whose metric has these values at these times."""
    standing: dict[str, Standing] = {}
    events = []
    for value, now in zip(values, times, strict=True):
        found = {} if value == "gone" else {one.name: Measured(value)}
        standing, notices = decide(standing, [one], found, now)
        events.append(notices[0].event if notices else "")
    return events


def test_it_fires_once_and_resolves_once():
    """However long it holds."""
    events = played(rule(), [5.0, 11.0, 12.0, 99.0, 10.0, 3.0], [0.0, 10.0, 20.0, 30.0, 40.0, 50.0])
    assert events == ["", "firing", "", "", "resolved", ""]


def test_it_must_hold_for_a_time():
    """A moment is not enough, and what ceases begins anew."""
    one = rule(**{"for": "30s"})
    values = [11.0, 11.0, 5.0, 11.0, 11.0, 11.0, 11.0]
    events = played(one, values, [0.0, 20.0, 25.0, 30.0, 50.0, 60.0, 70.0])
    assert events == ["", "", "", "", "", "firing", ""]


def test_it_is_told_again_only_where_it_says_so():
    """Every so often."""
    events = played(rule(every="1m"), [11.0] * 5, [0.0, 30.0, 60.0, 90.0, 121.0])
    assert events == ["firing", "", "still firing", "", "still firing"]


def test_too_few_cases_end_it_and_no_measure_leaves_it():
    """A store that is locked resolves nothing."""
    assert played(rule(), [11.0, "gone", None], [0.0, 10.0, 20.0]) == ["firing", "", "resolved"]


def test_a_rule_that_is_gone_is_forgotten():
    """With how it stood."""
    standing, _ = decide({"old": Standing(firing=True)}, [rule()], {}, 0.0)
    assert list(standing) == ["r"]


def test_a_clock_that_goes_back_tells_of_nothing_by_itself():
    """Neither of firing nor of its end; and it does not silence a rule until the old time."""
    one = rule(every="1m", **{"for": "30s"})
    times = [10_000.0, 10_031.0, 100.0, 131.0, 161.0]
    assert played(one, [11.0] * 5, times) == ["", "firing", "", "", "still firing"]
    assert played(one, [11.0, 11.0, 11.0], [10_000.0, 50.0, 81.0]) == ["", "", "firing"]


@given(st.lists(st.tuples(st.sampled_from([None, 0.0, 20.0]), st.floats(-1e6, 1e6)), max_size=40))
def test_firing_and_resolved_always_take_turns(played_at):
    """Whatever the metric does and wherever the clock jumps; never twice the same in a row."""
    values, times = zip(*played_at, strict=True) if played_at else ((), ())
    events = [event for event in played(rule(), values, times) if event]
    assert events == (["firing", "resolved"] * len(events))[: len(events)]


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=40))
def test_what_fires_always_held_as_long_as_it_must(steps):
    """With a clock that goes on."""
    now, since = 1000.0, None
    standing: dict[str, Standing] = {}
    one = rule(**{"for": "50s"})
    for holds, wait in steps:
        now += wait
        standing, notices = decide(standing, [one], {"r": Measured(20.0 if holds else 0.0)}, now)
        since = (now if since is None else since) if holds else None
        if any(notice.event == "firing" for notice in notices):
            assert since is not None
            assert now - since >= 50.0
