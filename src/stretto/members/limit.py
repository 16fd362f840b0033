"""Bounds how often an agent calls its model, without a step of its own.

LangChain's `ModelCallLimitMiddleware` does the same with two graph nodes, and so two checkpoints,
around each call. This counts in the messages instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class CallLimit(AgentMiddleware[Any, Any, Any]):
    """Lets an agent call its model `calls` times a turn; the last call must answer, not ask tools.

    A turn begins at the last human message. When it is used up, the agent ends with a message
    that says so, and without a typed output.
    """

    def __init__(self, calls: int) -> None:
        super().__init__()
        self.calls = calls

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        left = self.calls - _made(request)
        return handler(_bounded(request, left)) if left > 0 else self._ended()

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        left = self.calls - _made(request)
        return await handler(_bounded(request, left)) if left > 0 else self._ended()

    def _ended(self) -> ModelResponse[Any]:
        text = f"Stopped: {self.calls} model calls gave no answer (`max_model_calls`)."
        return ModelResponse(result=[AIMessage(text)])


def _made(request: ModelRequest[Any]) -> int:
    made = 0
    for message in reversed(request.messages):
        if message.type == "human":
            break
        made += message.type == "ai"
    return made


def _bounded(request: ModelRequest[Any], left: int) -> ModelRequest[Any]:
    if left > 1 or not request.tools:
        return request
    if request.response_format is not None:
        return request.override(tools=[])
    return request.override(tool_choice="none")
