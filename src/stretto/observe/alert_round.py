"""One look at the alert rules: measure, decide, remember, tell."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.observe.alert_box import Box, read_box, write_box
from stretto.observe.alert_delivery import body_of, deliver
from stretto.observe.alerts import Measured, decide
from stretto.records import DeadLettered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from stretto.observe.alert_box import Channel, Parcel
    from stretto.observe.alert_rules import Rule
    from stretto.observe.alerts import Notice

THREAD = "stretto:alerts"
"""The thread of the journal in which a notice is told that could not be delivered."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at the rules gave."""

    rules: Sequence[Rule]
    measured: Mapping[str, Measured]
    box: Box
    """How the rules stand, and what could not be told yet."""
    notices: Sequence[Notice] = ()
    """What came to be told in this look."""
    told: Sequence[tuple[Notice, Channel]] = ()
    """What was delivered in this look."""
    failed: Sequence[Parcel] = ()
    """What was tried in this look in vain."""

    @property
    def firing(self) -> list[str]:
        """Names of the rules that fire."""
        return [rule.name for rule in self.rules if self.box.standing[rule.name].firing]


async def look(
    rules: Sequence[Rule],
    measured: Mapping[str, Measured],
    path: Path,
    now: float,
    *,
    tell: Callable[[Rule, Notice, Channel], Awaitable[str]] = deliver,
    give_up: Callable[[DeadLettered], None] = lambda _: None,
) -> Look:
    """Decide, remember what is to be told, tell it, and remember what is left.

    Args:
        rules: All that are.
        measured: What they measure now, by name.
        path: Where is remembered how they stand.
        now: Seconds since the epoch.
        tell: Delivers a notice; gives why it failed, or nothing.
        give_up: Takes the dead letter of what was tried too often.

    Raises:
        StateUnavailable: What is remembered cannot be read or written.
        StateUnreadable: It is damaged.
    """
    before = await asyncio.to_thread(read_box, path)
    standing, notices = decide(before.standing, rules, measured, now)
    box = before.model_copy(update={"standing": standing}).with_notices(rules, notices)
    if box != before:
        await asyncio.to_thread(write_box, path, box)
    after, told, failed = await _tell(rules, box, now, tell, give_up)
    if after != box:
        await asyncio.to_thread(write_box, path, after)
    return Look(rules, measured, after, notices, told, failed)


async def _tell(
    rules: Sequence[Rule],
    box: Box,
    now: float,
    tell: Callable[[Rule, Notice, Channel], Awaitable[str]],
    give_up: Callable[[DeadLettered], None],
) -> tuple[Box, list[tuple[Notice, Channel]], list[Parcel]]:
    """Try all that is due, side by side; what succeeds makes room for what comes after it."""
    known = {rule.name: rule for rule in rules}
    told: list[tuple[Notice, Channel]] = []
    failures: list[Parcel] = []
    tried: set[tuple[str, Channel]] = set()
    while parcels := [one for one in box.due(now) if one.key not in tried]:
        errors = await asyncio.gather(
            *(tell(known[one.notice.rule], one.notice, one.to) for one in parcels)
        )
        for parcel, error in zip(parcels, errors, strict=True):
            if not error:
                told.append((parcel.notice, parcel.to))
                box = box.without(parcel)
                continue
            tried.add(parcel.key)
            failed = parcel.failed(error, now)
            failures.append(failed)
            if not failed.is_given_up:
                logger.info("the %s of %r failed: %s", parcel.to, parcel.notice.rule, error)
                box = box.without(parcel, failed)
                continue
            logger.warning("the %s of %r is given up: %s", parcel.to, parcel.notice.rule, error)
            give_up(_letter(failed, error, now))
            box = box.without(parcel)
    return box, told, failures


def _letter(parcel: Parcel, error: str, now: float) -> DeadLettered:
    told = parcel.notice
    known_by = f"{parcel.to}\n{told.id}"
    return DeadLettered(
        time=now,
        thread=THREAD,
        run=THREAD,
        letter=hashlib.sha256(known_by.encode()).hexdigest()[:8],
        kind="alert",
        name=f"{told.rule} ({parcel.to})",
        attempts=told.tries,
        error=error,
        args=body_of(told),
    )
