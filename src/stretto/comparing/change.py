"""One thing that is otherwise in the new version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["interface", "behaviour", "bounds", "wording"]
"""What callers see; what is done otherwise; how it is bounded and guarded; what models are told."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change, in words."""

    kind: Kind
    where: str
    """The agent, or the graph, node or field, with what leads to it: "desk/refund"."""
    text: str
    """What changed, without a full stop."""
    breaking: bool = False
    """Whether who calls it, or reads what it gives, may no longer work."""

    def within(self, where: str) -> Change:
        """The same, seen from further out."""
        return replace(self, where=f"{where}/{self.where}" if self.where else where)
