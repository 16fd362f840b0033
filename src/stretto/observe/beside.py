"""What happens beside the work: breakers, budgets, waits, steps undone, dead letters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stretto.records import (
    BreakerChanged,
    Budgeted,
    Compensated,
    DeadLettered,
    LetterClosed,
    Waited,
)

if TYPE_CHECKING:
    from stretto.records import AnyRecord


@dataclass(slots=True)
class BudgetUse:
    """How a budget stands, as last told."""

    used: float = 0.0
    limit: float | None = None
    warned: int = 0
    exceeded: int = 0


@dataclass(slots=True)
class Beside:
    """All of it, as far as it was told."""

    breakers: dict[str, str] = field(default_factory=dict[str, str])
    """How each stands: "closed", "open", "half_open"."""
    changes: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    """How often a breaker came to a state."""
    budgets: dict[tuple[str, str], BudgetUse] = field(
        default_factory=dict[tuple[str, str], BudgetUse]
    )
    """By path and unit."""
    waits: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])
    """How often and how long was waited, by what for."""
    undone: int = 0
    not_undone: int = 0
    # Not by `stretto.journal.letters`: that keeps each letter whole, and closed ones for good, and
    # this stands in servers that listen for months.
    letters: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """Open dead letters: the kind of each, by its thread and id."""

    def stand(self, record: AnyRecord) -> None:
        """Take in how things stand from now on, whether or not it counts."""
        match record:
            case BreakerChanged():
                self.breakers[record.breaker] = record.state
            case DeadLettered():
                self.letters[record.thread, record.letter] = record.kind
            case LetterClosed():
                self.letters.pop((record.thread, record.letter), None)
            case _:
                pass

    def count(self, record: AnyRecord) -> None:
        """Count what happened."""
        match record:
            case BreakerChanged():
                key = record.breaker, record.state
                self.changes[key] = self.changes.get(key, 0) + 1
            case Budgeted():
                use = self.budgets.setdefault((record.budget, record.unit), BudgetUse())
                use.used, use.limit = record.used, record.limit
                use.warned += record.event == "warned"
                use.exceeded += record.event == "exceeded"
            case Waited():
                count, total = self.waits.get(record.on, (0, 0.0))
                self.waits[record.on] = count + 1, total + waited(record)
            case Compensated():
                self.undone += record.status == "done"
                self.not_undone += record.status == "failed"
            case _:
                pass

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "breakers": dict(self.breakers),
            "budgets": [
                {
                    "budget": path,
                    "unit": unit,
                    "used": use.used,
                    "limit": use.limit,
                    "warned": use.warned,
                    "exceeded": use.exceeded,
                }
                for (path, unit), use in self.budgets.items()
            ],
            "waits": {on: {"count": n, "seconds": s} for on, (n, s) in self.waits.items()},
            "undone": self.undone,
            "not_undone": self.not_undone,
            "dead_letters": len(self.letters),
        }


def waited(record: Waited) -> float:
    """The seconds of a wait; none where a clock that jumped told nonsense."""
    return record.seconds if 0 <= record.seconds < math.inf else 0.0
