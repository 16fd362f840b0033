"""Puts retries and fallbacks together: who tried what how often, and how the first try failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stretto.cli.words import counted
from stretto.records import FellBack, Retried

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.records import AnyRecord, Step


@dataclass(slots=True)
class Attempts:
    """What was done again and again in one place, by one or by several in turn."""

    step: Step
    task: str
    time: float
    """When the second try began, in seconds since the epoch."""
    first: str
    """Who failed first."""
    error: str
    """How."""
    tries: dict[str, int] = field(default_factory=dict[str, int])
    """How often each tried, in their order."""

    def told(self) -> str:
        """Who tried, how often, in a line."""
        return ", then ".join(f"{name} {counted(n, 'time')}" for name, n in self.tries.items())


def attempts(records: Iterable[AnyRecord]) -> list[Attempts]:
    """What was tried again, or taken over by another, in the order in which it began."""
    open_: dict[tuple[str, str, str], Attempts] = {}
    found: list[Attempts] = []
    for record in records:
        if not isinstance(record, Retried | FellBack):
            continue
        key = (record.run, _node(record), record.step)
        one = open_.get(key)
        if one is None or record.name not in one.tries:
            one = open_[key] = Attempts(
                record.step, record.task, record.time, record.name, record.error, {record.name: 1}
            )
            found.append(one)
        if isinstance(record, Retried):
            one.tries[record.name] = record.attempt
        else:
            one.tries.setdefault(record.to, 1)
    return found


def _node(record: Retried | FellBack) -> str:
    """Where it was tried: an error handler does what its node, one place further out, could not."""
    if record.step == "node" and isinstance(record, FellBack) and "|" in record.place:
        return record.place.rpartition("|")[0]
    return record.place
