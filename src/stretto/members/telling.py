"""Tells the journal what a policy does, where a member is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto import clock
from stretto.journal.telling import told_record

if TYPE_CHECKING:
    from stretto.members.where import Where
    from stretto.records import Step
    from stretto.resilience.guard import Tell

_SEEN = frozenset({"retried", "fell_back"})
"""What the journal sees by itself of models and tools."""


def teller(at: Where | None, step: Step) -> Tell:
    """Gives a function that journals what a policy does around this step; silent outside a run."""

    def tell(kind: str, /, **fields: Any) -> None:
        if at is None or (step != "node" and kind in _SEEN):
            return
        own = {"type": kind, **({"step": step} if kind in _SEEN else {}), **fields}
        record = told_record(own, {**at.fields, "time": clock.now()}, "policy")
        if record is not None:
            at.handler.journal.append(record)

    return tell
