from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from stretto.policy import Breaker
from stretto.resilience.breaker import (
    BUCKETS,
    Admitted,
    BreakerState,
    Outcome,
    Refused,
    admitted,
    dumped,
    joined,
    loaded,
    noted,
    settled,
)

RULE = Breaker(failures=3, within=60, ratio=0.5, cooldown=10, probes=2)


def passed(state: BreakerState, now: float, rule: Breaker = RULE) -> tuple[BreakerState, Admitted]:
    """Be let through."""
    state, found = admitted(state, rule, now)
    assert isinstance(found, Admitted)
    return state, found


def after(outcomes: list[Outcome], now: float = 0.0, rule: Breaker = RULE) -> BreakerState:
    """A breaker that was closed, after these outcomes."""
    state = BreakerState()
    for outcome in outcomes:
        state = settled(state, rule, Admitted(0, state.epoch), outcome, now)
    return state


def refused(state: BreakerState, now: float, rule: Breaker = RULE) -> float:
    """Be refused, for so many seconds."""
    _, found = admitted(state, rule, now)
    assert isinstance(found, Refused)
    return found.seconds_left


def test_it_opens_after_enough_failures_and_tells_until_when() -> None:
    """Not before there are as many as the rule says."""
    assert after(["failed"] * 2).mode == "closed"
    state = after(["failed"] * 3, now=100)
    assert state.mode == "open"
    assert refused(state, 104) == 6
    assert refused(state, 109.75) == 0.25


def test_failures_that_are_few_among_all_do_not_open_it() -> None:
    """The ratio counts as well; a success alone opens nothing."""
    assert after(["ok"] * 4 + ["failed"] * 3).mode == "closed"
    assert after(["ok"] * 3 + ["failed"] * 3).mode == "open"


def test_old_failures_do_not_count() -> None:
    """What is older than `within` is forgotten."""
    state = after(["failed"] * 2, now=0)
    state = settled(state, RULE, Admitted(0, 0), "failed", 60)
    assert state.mode == "closed"


def test_all_probes_must_come_back_well() -> None:
    """It lets as many through as the rule says, and closes when all have."""
    state = after(["failed"] * 3)
    state, first = passed(state, 10)
    assert state.mode == "half_open"
    state, second = passed(state, 11)
    assert refused(state, 12) == 8
    state = settled(state, RULE, first, "ok", 13)
    assert state.mode == "half_open"
    assert refused(state, 13) == 8, "only one more probe may be out, and it is"
    state = settled(state, RULE, second, "ok", 14)
    assert state == BreakerState("closed", 3, 14)


def test_one_failed_probe_opens_it_for_another_cooldown() -> None:
    """The other's success comes too late."""
    state, first = passed(after(["failed"] * 3), 10)
    state, second = passed(state, 10)
    state = settled(state, RULE, first, "failed", 12)
    assert settled(state, RULE, second, "ok", 13) == state
    assert refused(state, 12) == 10


def test_an_abandoned_probe_is_forgotten_after_a_cooldown() -> None:
    """It never hangs half-open; and who comes back late is heard all the same."""
    rule = Breaker(failures=1, cooldown=10)
    state, late = passed(after(["failed"], rule=rule), 10, rule)
    assert refused(state, 15, rule) == 5
    state, _ = passed(state, 20, rule)
    assert settled(state, rule, late, "ok", 25).mode == "closed"
    assert settled(state, rule, late, "failed", 25).mode == "open"


def test_what_began_before_a_change_does_not_count_after_it() -> None:
    """A call of the outage that fails late opens nothing anew."""
    rule = Breaker(failures=1, cooldown=10)
    early = Admitted(0, 0)
    state = settled(BreakerState(), rule, early, "failed", 0)
    assert settled(state, rule, early, "ok", 1) == state
    state, probe = passed(state, 10, rule)
    state = settled(state, rule, probe, "ok", 11)
    assert settled(state, rule, early, "failed", 12) == state


def test_a_clock_set_back_by_an_hour_costs_one_cooldown() -> None:
    """It counts from the first look at the new time."""
    state = after(["failed"] * 3, now=3600)
    state, found = admitted(state, RULE, 0)
    assert found == Refused(10)
    assert passed(state, 10)[1].probe == 1


def test_a_rule_that_asks_for_fewer_probes_closes_it() -> None:
    """Processes of two versions share a state."""
    state, probe = passed(after(["failed"] * 3), 10)
    state = settled(state, RULE, probe, "ok", 10)
    state, found = passed(state, 11, Breaker(cooldown=10))
    assert (state.mode, found.probe) == ("closed", 0)


def test_the_stricter_stands_when_two_find_together() -> None:
    """An outage that one has seen is not lost; its calls count no more."""
    closed, opened = BreakerState("closed", 4), BreakerState("open", 7, 50)
    assert joined(opened, closed) == opened
    assert joined(closed, closed) == closed
    assert joined(closed, opened) == BreakerState("open", 8, 50)
    assert joined(closed, BreakerState("half_open", 2, 50)) == BreakerState("open", 5, 50)


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "null", '["ajar",0,0,[],[],0,0]', '["open",0,"x",[],[],0,0]', "[1,2,3]"],
)
def test_what_cannot_be_read_is_closed(text: str) -> None:
    """A damaged row takes no calls down."""
    assert loaded(text) == BreakerState()


@given(
    st.lists(st.tuples(st.sampled_from(["ok", "failed", "ignored"]), st.integers(0, 56))),
    st.integers(1, 6),
    st.floats(0.05, 1),
)
def test_it_opens_exactly_when_the_rule_says(
    calls: list[tuple[Outcome, int]], failures: int, ratio: float
) -> None:
    """Of outcomes that are all within the time: at the first failure that is enough of all."""
    rule = Breaker(failures=failures, ratio=ratio, within=60, row=None)
    state, failed, total = BreakerState(), 0, 0
    for outcome, time in sorted(calls, key=lambda call: call[1]):
        state = settled(state, rule, Admitted(0, 0), outcome, time)
        failed += outcome == "failed"
        total += outcome != "ignored"
        enough = outcome == "failed" and failed >= failures and failed >= ratio * total
        assert (state.mode == "open") is enough
        if enough:
            return


@given(st.lists(st.tuples(st.integers(-200, 200), st.booleans()), max_size=80))
def test_memory_is_bounded_whatever_the_clock_does(calls: list[tuple[int, bool]]) -> None:
    """Parts of time are in order, and no more than there are."""
    rule = Breaker(failures=10**6, within=60, row=None)
    state, now = BreakerState(), 0
    for step, ok in calls:
        now += step
        state = noted(state, rule, now, ok=ok, failed=not ok)
        parts = [bucket.part for bucket in state.buckets]
        assert parts == sorted(set(parts))
        assert len(parts) <= BUCKETS
        assert parts[-1] - parts[0] < BUCKETS


class Calls(RuleBasedStateMachine):
    """Calls that begin and end in any order, under a clock that goes and jumps as it likes."""

    @initialize(
        probes=st.integers(1, 3),
        failures=st.integers(1, 3),
        cooldown=st.integers(1, 20),
        ratio=st.sampled_from([0.1, 0.5, 1]),
    )
    def begin(self, probes: int, failures: int, cooldown: int, ratio: float) -> None:
        self.rule = Breaker(
            probes=probes, failures=failures, cooldown=cooldown, ratio=ratio, within=30
        )
        self.state, self.now, self.gone = BreakerState(), 1000.0, 0.0
        self.out: list[Admitted] = []
        self.probes: list[float] = []

    @rule(seconds=st.integers(0, 30))
    def advance(self, seconds: int) -> None:
        self.now += seconds
        self.gone += seconds

    @rule(short=st.sampled_from([0, 0.25, 1]))
    def wait(self, short: float) -> None:
        """For a cooldown, or almost one."""
        self.now += self.rule.cooldown - short
        self.gone += self.rule.cooldown - short

    @rule(seconds=st.sampled_from([1, 7, 100, 100_000]), ahead=st.booleans())
    def jump(self, seconds: int, *, ahead: bool) -> None:
        self.now += seconds if ahead else -seconds
        self.gone += seconds if ahead else 0

    @rule()
    def enter(self) -> None:
        mode = self.state.mode
        self.state, found = admitted(self.state, self.rule, self.now)
        if isinstance(found, Refused):
            assert mode != "closed"
            assert 0 < found.seconds_left <= self.rule.cooldown
            return
        self.out.append(found)
        if mode == "closed":
            assert not found.probe
            return
        self.probes.append(self.gone)
        recent = [at for at in self.probes if at > self.gone - self.rule.cooldown]
        assert len(recent) <= self.rule.probes

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0), outcome=st.sampled_from(["ok", "failed", "failed", "ignored"]))
    def leave(self, which: int, outcome: Outcome) -> None:
        admission = self.out.pop(which % len(self.out))
        before = self.state
        self.state = settled(before, self.rule, admission, outcome, self.now)
        if outcome == "ignored" or admission.epoch != before.epoch:
            assert self.state == before

    @invariant()
    def can_be_stored(self) -> None:
        """As JSON, in bounded memory."""
        assert loaded(dumped(self.state)) == self.state
        assert len(self.state.probes) <= self.rule.probes
        assert len(self.state.buckets) <= BUCKETS

    @invariant()
    def recovers(self) -> None:
        """Within a cooldown of being refused, by probes that come back well."""
        state, _ = admitted(self.state, self.rule, self.now)
        later = self.now + self.rule.cooldown
        for _ in range(self.rule.probes):
            if state.mode == "closed":
                return
            state, found = admitted(state, self.rule, later)
            assert isinstance(found, Admitted)
            state = settled(state, self.rule, found, "ok", later)
        assert state.mode == "closed"


TestCalls = Calls.TestCase
