"""When a circuit breaker opens, whom it lets through and when it closes: pure decisions.

Closed, open and half-open as Nygard has them ("Release It!", 2007). A state is a value; who keeps
it and tells the time is another matter.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

if TYPE_CHECKING:
    from stretto.policy import Breaker

Mode = Literal["closed", "open", "half_open"]
"""Closed: all calls are let through. Open: none. Half-open: some, to see whether it may close."""
Outcome = Literal["ok", "failed", "ignored"]
"""How a call ended: it came back, it failed, or it says nothing about who was called."""
BUCKETS = 20
"""Into how many parts the time is cut in which failures count: what is older than `within` never
counts, of the oldest part what is younger may not."""


class Bucket(NamedTuple):
    """Outcomes in one part of time."""

    part: int
    ok: int
    failed: int


class Probe(NamedTuple):
    """A call that was let through to see how it fares."""

    number: int
    began: float


class BreakerState(NamedTuple):
    """What a breaker remembers. Times are seconds on the clock of who keeps it."""

    mode: Mode = "closed"
    epoch: int = 0
    """Grows with each change of mode: what began before it does not count after it."""
    since: float = 0.0
    """When it came to its mode."""
    buckets: tuple[Bucket, ...] = ()
    """While it is closed: the outcomes that may open it, oldest first."""
    probes: tuple[Probe, ...] = ()
    """While it is half-open: those that are out, in the order of their beginning."""
    numbered: int = 0
    """While it is half-open: probes let through."""
    passed: int = 0
    """While it is half-open: probes that came back well."""
    row: int = 0
    """While it is closed: calls that have failed since the last that came back."""


class Admitted(NamedTuple):
    """A call that is let through."""

    probe: int
    """Its number as a probe, from 1; 0 while the breaker is closed."""
    epoch: int


class Refused(NamedTuple):
    """A call that is not let through."""

    seconds_left: float
    """Until the next may be."""


def admitted(
    state: BreakerState, rule: Breaker, now: float
) -> tuple[BreakerState, Admitted | Refused]:
    """Whether a call is let through.

    Of any time as long as the cooldown in which the breaker is not closed, at most `rule.probes`
    calls begin. A probe that has not come back after a cooldown no longer keeps others from being
    let through; if it comes back later, it counts.
    """
    if state.mode == "closed":
        return state, Admitted(0, state.epoch)
    state = _dated(state, now)
    if state.mode == "open":
        left = state.since + rule.cooldown - now
        if left > 0:
            return state, Refused(left)
        state = BreakerState("half_open", state.epoch + 1, now)
    if state.passed >= rule.probes:  # another process asked for more of them
        return admitted(BreakerState("closed", state.epoch + 1, now), rule, now)
    out = tuple(probe for probe in state.probes if probe.began + rule.cooldown > now)
    if len(out) + state.passed >= rule.probes:
        return state._replace(probes=out), Refused(out[0].began + rule.cooldown - now)
    number = state.numbered + 1
    out = (*out, Probe(number, now))
    return state._replace(probes=out, numbered=number), Admitted(number, state.epoch)


def settled(
    state: BreakerState, rule: Breaker, admission: Admitted, outcome: Outcome, now: float
) -> BreakerState:
    """What is known after a call that was let through; to be told once for each.

    One that is ignored changes nothing: a probe among them counts as out until a cooldown after it
    began.
    """
    if outcome == "ignored" or admission.epoch != state.epoch or state.mode == "open":
        return state
    if state.mode == "closed":
        return noted(state, rule, now, ok=outcome == "ok", failed=outcome == "failed")
    if outcome == "failed":
        return BreakerState("open", state.epoch + 1, now)
    if state.passed + 1 >= rule.probes:
        return BreakerState("closed", state.epoch + 1, now)
    probes = tuple(probe for probe in state.probes if probe.number != admission.probe)
    return state._replace(probes=probes, passed=state.passed + 1)


def noted(
    state: BreakerState, rule: Breaker, now: float, *, ok: int = 0, failed: int = 0
) -> BreakerState:
    """What is known of a closed breaker after so many calls; failures may open it."""
    part = int(now * BUCKETS // rule.within)
    buckets = state.buckets
    if buckets and buckets[-1].part == part:
        _, more_ok, more_failed = buckets[-1]
        buckets = (*buckets[:-1], Bucket(part, more_ok + ok, more_failed + failed))
    else:
        buckets = _moved(buckets, Bucket(part, ok, failed))
    row = failed if ok else state.row + failed
    if failed and rule.row is not None and row >= rule.row:
        return BreakerState("open", state.epoch + 1, now)
    if failed:
        failures = sum(bucket.failed for bucket in buckets)
        calls = failures + sum(bucket.ok for bucket in buckets)
        if failures >= rule.failures and failures >= rule.ratio * calls:
            return BreakerState("open", state.epoch + 1, now)
    return state._replace(buckets=buckets, row=row)


def _moved(buckets: tuple[Bucket, ...], new: Bucket) -> tuple[Bucket, ...]:
    """Begin a part of time: drop what is too old; what is of the future is of now."""
    kept = tuple(bucket for bucket in buckets if new.part - BUCKETS < bucket.part < new.part)
    early = [bucket for bucket in buckets if bucket.part >= new.part]
    ok = new.ok + sum(bucket.ok for bucket in early)
    failed = new.failed + sum(bucket.failed for bucket in early)
    return (*kept, Bucket(new.part, ok, failed))


def _dated(state: BreakerState, now: float) -> BreakerState:
    """After the clock was set back, what was later than now was now."""
    if state.since <= now and all(probe.began <= now for probe in state.probes):
        return state
    probes = tuple(Probe(probe.number, min(probe.began, now)) for probe in state.probes)
    return state._replace(since=min(state.since, now), probes=probes)


def joined(theirs: BreakerState, mine: BreakerState) -> BreakerState:
    """What stands when two that were apart find together: the stricter."""
    if theirs.mode != "closed" or mine.mode == "closed":
        return theirs
    return BreakerState("open", max(theirs.epoch, mine.epoch) + 1, mine.since)


def dumped(state: BreakerState) -> str:
    """The state as JSON."""
    return json.dumps(state)


def loaded(text: str) -> BreakerState:
    """The state from `dumped`; a closed one from what cannot be read."""
    try:
        mode, epoch, since, buckets, probes, numbered, passed, row = json.loads(text)
        if mode not in get_args(Mode):
            return BreakerState()
        return BreakerState(
            mode,
            int(epoch),
            float(since),
            tuple(Bucket(int(part), int(ok), int(failed)) for part, ok, failed in buckets),
            tuple(Probe(int(number), float(began)) for number, began in probes),
            int(numbered),
            int(passed),
            int(row),
        )
    except (ValueError, TypeError):
        return BreakerState()
