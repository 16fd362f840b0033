"""When alerts fire and resolve: decided from what is measured, and from nothing else.

`decide(standing, rules, measured, now)` gives how each rule stands then, and what is to be told. A
rule that holds is told of once, again only every so often where it says so, and once more when it
holds no longer. A clock that goes back tells of nothing by itself: what it puts into the future is
taken as just now. One that leaps ahead can shorten a wait, but only for what holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.observe.alert_rules import Rule


@dataclass(frozen=True, slots=True)
class Measured:
    """What a rule's metric is now."""

    value: float | None
    """`None` when nothing can be said: no cases, or fewer than the rule wants."""
    count: int = 0
    """Cases that it was measured on."""
    what: str = ""
    """In words: "4 of 9 runs failed"."""


class Standing(BaseModel):
    """How a rule stands."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    since: float | None = None
    """Since when it holds, in seconds since the epoch; `None` when it does not."""
    firing: bool = False
    """Whether somebody was called, and not yet told that it is over."""
    told: float = 0.0
    """When somebody was last called."""


class Notice(BaseModel):
    """What somebody is told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    rule: str
    event: Literal["firing", "still firing", "resolved", "test"]
    metric: str
    value: float | None
    threshold: float
    what: str
    since: float
    """When it began, in seconds since the epoch."""
    time: float
    """When this was decided."""
    tries: int = 0
    """How often it could not be delivered."""
    error: str = ""
    """Why not, the last time."""


def decide(
    standing: Mapping[str, Standing],
    rules: Sequence[Rule],
    measured: Mapping[str, Measured],
    now: float,
) -> tuple[dict[str, Standing], list[Notice]]:
    """Decide what fires and what resolves.

    Args:
        standing: How the rules stood before, by name; a rule that is gone is forgotten.
        rules: All that are.
        measured: What each one's metric is, by name. With too few cases it does not hold; a rule
            that is not there could not be measured, and stays as it was.
        now: Seconds since the epoch.

    Returns:
        How they stand now, and what is to be told, in the order of the rules.
    """
    after: dict[str, Standing] = {}
    notices: list[Notice] = []
    for rule in rules:
        before = _mended(standing.get(rule.name, Standing()), now)
        found = measured.get(rule.name)
        if found is None:
            after[rule.name] = before
            continue
        after[rule.name], event = _step(rule, before, found, now)
        if event is not None:
            since = after[rule.name].since or before.since or now
            notices.append(notice(rule, event, found, since=min(since, now), now=now))
    return after, notices


def notice(
    rule: Rule,
    event: Literal["firing", "still firing", "resolved", "test"],
    found: Measured,
    *,
    since: float,
    now: float,
) -> Notice:
    """Make what is told of a rule."""
    return Notice(
        id=f"{rule.name}@{now:.3f}",
        rule=rule.name,
        event=event,
        metric=rule.metric,
        value=found.value,
        threshold=rule.threshold,
        what=found.what,
        since=since,
        time=now,
    )


def _mended(before: Standing, now: float) -> Standing:
    """Take what would be in the future as now: the clock went back."""
    since = None if before.since is None else min(before.since, now)
    return Standing(since=since, firing=before.firing, told=min(before.told, now))


def _step(
    rule: Rule, before: Standing, found: Measured, now: float
) -> tuple[Standing, Literal["firing", "still firing", "resolved"] | None]:
    if found.value is None or found.value <= rule.threshold:
        return Standing(), "resolved" if before.firing else None
    since = now if before.since is None else before.since
    if not before.firing:
        if now - since < rule.held:
            return Standing(since=since), None
        return Standing(since=since, firing=True, told=now), "firing"
    if rule.every is not None and now - before.told >= rule.every:
        return Standing(since=since, firing=True, told=now), "still firing"
    return Standing(since=since, firing=True, told=before.told), None
