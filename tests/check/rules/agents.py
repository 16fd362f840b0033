"""Agents of which one rule has something to say, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware

from stretto.check import check
from stretto.testing import ScriptedModel

if TYPE_CHECKING:
    from stretto.check import Finding

HEAD = """
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware, ModelRetryMiddleware
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langgraph.graph import MessagesState
model = FakeListChatModel(responses=["yes"])
limit = ModelCallLimitMiddleware(run_limit=9)
"""


def agent(*tools: Any, middleware: tuple[Any, ...] = (), **options: Any) -> Any:
    """An agent whose calls are limited."""
    limit = ModelCallLimitMiddleware[Any, Any](run_limit=9)
    model = options.pop("model", None) or ScriptedModel(["yes"])
    return create_agent(model, list(tools), middleware=[limit, *middleware], **options)


def told(graph: Any, code: str) -> list[Finding]:
    """What one rule finds."""
    return [finding for finding in check(graph) if finding.code == code]
