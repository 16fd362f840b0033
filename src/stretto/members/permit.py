"""Asks before a tool is called, where somebody has set bounds to what may be called."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from langchain_core.messages import ToolMessage

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ToolCallRequest

Permit = Callable[[str, Mapping[str, Any]], Awaitable[str]]
"""Says of a tool's name and arguments why it is not to be called; nothing where it may be."""

permit: ContextVar[Permit | None] = ContextVar("stretto_permit", default=None)
"""Who is asked in the work at hand."""


async def refused(request: ToolCallRequest) -> ToolMessage | None:
    """What a call is answered with that is not to be made; `None` when it is to be made."""
    ask = permit.get()
    call = request.tool_call
    why = "" if ask is None else await ask(call["name"], call["args"])
    if not why:
        return None
    return ToolMessage(why, tool_call_id=call["id"] or "", name=call["name"], status="error")
