"""What something comes to at most, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.check.bounds.formula import NOTHING

if TYPE_CHECKING:
    from stretto.check.bounds.formula import Formula


@dataclass(frozen=True, slots=True)
class Cost:
    """What something comes to at most."""

    node_runs: Formula = NOTHING
    model_calls: Formula = NOTHING
    tool_calls: Formula = NOTHING
    supersteps: Formula = NOTHING
    """Those of graphs within."""
    seconds: Formula = NOTHING
    unknown: tuple[str, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.node_runs + other.node_runs,
            self.model_calls + other.model_calls,
            self.tool_calls + other.tool_calls,
            self.supersteps + other.supersteps,
            self.seconds + other.seconds,
            (*self.unknown, *other.unknown),
        )

    def most(self, other: Cost) -> Cost:
        """At least as much as both."""
        return Cost(
            self.node_runs.most(other.node_runs),
            self.model_calls.most(other.model_calls),
            self.tool_calls.most(other.tool_calls),
            self.supersteps.most(other.supersteps),
            self.seconds.most(other.seconds),
            (*self.unknown, *other.unknown),
        )

    def times(self, count: Formula) -> Cost:
        """As often as that."""
        return Cost(
            self.node_runs * count,
            self.model_calls * count,
            self.tool_calls * count,
            self.supersteps * count,
            self.seconds * count,
            self.unknown,
        )
