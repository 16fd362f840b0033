"""How a pattern tells the journal what was decided, by whom and why."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import adispatch_custom_event

from stretto.records import DECIDED_EVENT


async def decided(
    by: str,
    decision: str,
    *,
    reason: str = "",
    alternatives: tuple[str, ...] = (),
    data: dict[str, Any] | None = None,
) -> None:
    """Report a decision from within a node; fields as in `records.Decided`."""
    await adispatch_custom_event(
        DECIDED_EVENT,
        {
            "by": by,
            "decision": decision,
            "reason": reason,
            "alternatives": list(alternatives),
            "data": data or {},
        },
    )
