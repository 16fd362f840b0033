"""Models and a server to test teams with: no key, no network, the same answers each time."""

from __future__ import annotations

from stretto.testing.call import Call
from stretto.testing.faults import (
    Fault,
    cut,
    empty,
    hang,
    nonsense,
    refuse_tools,
    slow,
    stall,
    status,
)
from stretto.testing.reply import Reply, UnexpectedCall, broken_call, tool_call
from stretto.testing.scripted import ScriptedModel
from stretto.testing.server import OpenAIServer, Request, openai_server

__all__ = [
    "Call",
    "Fault",
    "OpenAIServer",
    "Reply",
    "Request",
    "ScriptedModel",
    "UnexpectedCall",
    "broken_call",
    "cut",
    "empty",
    "hang",
    "nonsense",
    "openai_server",
    "refuse_tools",
    "slow",
    "stall",
    "status",
    "tool_call",
]
