"""How a pattern tells the journal what was decided, by whom and why, and what it came to."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import BaseCallbackManager, adispatch_custom_event
from langgraph.config import get_config

from stretto.records import RECORD_EVENT


async def told(kind: str, /, **fields: Any) -> None:
    """Tell the journal something from within a node.

    Where and when it happened the journal knows. What it cannot write down (a type that only the
    journal itself writes, a field that does not fit) is left out, with a warning in the log.

    Args:
        kind: The `type` of a record: "decided", "outcome", "handoff", "budgeted", ...
        **fields: Those of the record's fields that are its own.
    """
    callbacks = get_config().get("callbacks")
    if isinstance(callbacks, BaseCallbackManager) and not callbacks.handlers:
        return  # nobody listens
    await adispatch_custom_event(RECORD_EVENT, {**fields, "type": kind})


async def decided(
    by: str,
    decision: str,
    *,
    reason: str = "",
    alternatives: tuple[str, ...] = (),
    data: dict[str, Any] | None = None,
) -> None:
    """Report a decision from within a node; fields as in `records.Decided`."""
    await told(
        "decided",
        by=by,
        decision=decision,
        reason=reason,
        alternatives=list(alternatives),
        data=data or {},
    )
