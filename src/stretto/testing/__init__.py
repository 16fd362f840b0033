"""Models, a server, faults and a clock to test teams with: no key, no network, no chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.lazy import load_lazily
from stretto.testing.call import Call
from stretto.testing.checked import Checked, CheckedModel
from stretto.testing.clock import Clock
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
from stretto.testing.histories import Provider, history_problems
from stretto.testing.injector import faulty
from stretto.testing.recorded import RecordedModel, recorded_tools
from stretto.testing.reply import Reply, UnexpectedCall, broken_call, tool_call
from stretto.testing.scripted import ScriptedModel
from stretto.testing.server import OpenAIServer, Request, openai_server
from stretto.testing.writes import Writes, at_write, count_writes, fail_at, kill_at

if TYPE_CHECKING:
    from stretto.testing.agent import recorded_agent
    from stretto.testing.replayed import replayed

__all__ = [
    "Call",
    "Checked",
    "CheckedModel",
    "Clock",
    "Fault",
    "OpenAIServer",
    "Provider",
    "RecordedModel",
    "Reply",
    "Request",
    "ScriptedModel",
    "UnexpectedCall",
    "Writes",
    "at_write",
    "broken_call",
    "count_writes",
    "cut",
    "empty",
    "fail_at",
    "faulty",
    "hang",
    "history_problems",
    "kill_at",
    "nonsense",
    "openai_server",
    "recorded_agent",
    "recorded_tools",
    "refuse_tools",
    "replayed",
    "slow",
    "stall",
    "status",
    "tool_call",
]

# What takes LangChain's agents or the runner with it.
__getattr__ = load_lazily(
    __name__,
    {"stretto.testing.agent": ("recorded_agent",), "stretto.testing.replayed": ("replayed",)},
)
