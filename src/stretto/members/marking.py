"""Marks what tools give as data in each request to an agent's model; the state stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, ToolMessage
from typing_extensions import override

from stretto.models.marks import marked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Marking(AgentMiddleware[Any, Any, Any]):
    """Puts marks around the results of tools, so that text in them is not taken for orders.

    Agents of Stretto have it. Give it to your own as the last: `create_agent(...,
    middleware=[EffectsOnce(), Marking()])`. What the agent's typed output is answered with stays
    unmarked: that is an order of the agent's own.
    """

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return handler(_marked(request))

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        return await handler(_marked(request))


def _marked(request: ModelRequest[Any]) -> ModelRequest[Any]:
    if not any(isinstance(message, ToolMessage) for message in request.messages):
        return request
    own = {spec.name for spec in getattr(request.response_format, "schema_specs", ())}
    called: dict[str, str] = {}
    messages: list[Any] = []
    for message in request.messages:
        if isinstance(message, AIMessage):
            called |= {call["id"] or "": call["name"] for call in message.tool_calls}
        if isinstance(message, ToolMessage):
            tool = message.name or called.get(message.tool_call_id, "")
            messages.append(message if tool in own else marked(message, tool))
        else:
            messages.append(message)
    return request.override(messages=messages)
