"""The first thing that a graph does otherwise than was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stretto.replay.differences import changes, unlike

if TYPE_CHECKING:
    from stretto.replay.differences import Change

What = Literal["model", "tool", "call", "decision", "question", "node", "end", "error"]
"""A model, tool or `effect` call, a decision, a question to a person, a node of the root graph
or its update, the turn's end, or an error that was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a graph does otherwise, and where; both sides as JSON."""

    what: What
    turn: int
    """From 1."""
    path: str = ""
    """Names of the nodes it happens in, outermost first, with `|` between."""
    name: str = ""
    """Of the model, tool or decider."""
    told: str
    """What differs, in a sentence."""
    recorded: Any = None
    """`None` when nothing was recorded."""
    now: Any = None
    """`None` when nothing is done now."""

    @property
    def where(self) -> str:
        """Turn and nodes, in words."""
        return f"turn {self.turn}{f' in {shown(self.path)}' if self.path else ''}"

    @property
    def changes(self) -> list[Change]:
        """The parts that differ."""
        return changes(self.recorded, self.now)

    def __str__(self) -> str:
        """Where and what, then `-` what was recorded and `+` what comes now."""
        parts = unlike(self.recorded, self.now)
        return f"{self.where}: {self.told}" + (f"\n{parts}" if parts else "")


def shown(path: str) -> str:
    """A path as a person reads it."""
    return path.replace("|", " > ")
