"""Policies around each model call of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage
from typing_extensions import override

from stretto.errors import AnswerUnreadable
from stretto.members.blocking import awaitable, run_blocking
from stretto.members.caching import cached_response
from stretto.members.history import valid_history
from stretto.members.spending import reserving
from stretto.members.telling import teller
from stretto.members.where import here
from stretto.models import chat_model
from stretto.models.names import model_name
from stretto.resilience.guard import Guard, Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stretto.policy import Policy
    from stretto.resilience.guard import Means

    Handler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


def model_under(policy: Policy | None, model: str | BaseChatModel | None) -> BaseChatModel:
    """A model, or that of a name (`None`: the default), which a policy calls.

    Where the policy tries again, the client of a named model does not do so underneath.

    Raises:
        InvalidInput: It cannot be had.
    """
    if isinstance(model, BaseChatModel):
        return model
    return chat_model(model, retries=0 if policy is not None and policy.retry else None)


class GuardedCalls(AgentMiddleware[Any, Any, Any]):
    """Puts an agent's policy around each call of its model, and reserves it in the budgets.

    Agents of Stretto have it. Give it to your own, behind `EffectsOnce`:
    `create_agent(..., middleware=[EffectsOnce(), GuardedCalls(policy, "name")])`. Of the policy's
    fallback only models count here; its budget, total timeout and undo are those of a member.

    Args:
        policy: What is done around each call; `None` only reserves.
        name: The agent's.
        means: What it waits with; tests give another.

    Raises:
        InvalidInput: A breaker, bulkhead or rate of that name has other rules, or a model that
            takes over cannot be had.
    """

    def __init__(
        self,
        policy: Policy | None,
        name: str,
        *,
        means: Means | None = None,
    ) -> None:
        super().__init__()
        self._policy, self._agent = policy, name
        to = policy.fallback.to if policy is not None and policy.fallback else ()
        self._models = [model_under(policy, m) for m in to if isinstance(m, str | BaseChatModel)]
        self._guard = None if policy is None else Guard(policy, name, means=means)

    @override
    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Handler
    ) -> ModelResponse[Any]:
        request, guard = _valid(request), self._guard
        if guard is None or self._policy is None:
            async with reserving(request) as bounded:
                return await handler(bounded)

        async def guarded() -> ModelResponse[Any]:
            tell = teller(here(), "model")
            response: ModelResponse[Any] = await guard.run(self._targets(request, handler), tell)
            return response

        rule = self._policy.cache
        if rule is None:
            return await guarded()
        whose = f"{self._agent}:{model_name(request.model)}"
        return await cached_response(rule, whose, request, guarded)

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        response: ModelResponse[Any] = run_blocking(
            self.awrap_model_call(request, awaitable(handler))
        )
        return response

    def _targets(self, request: ModelRequest[Any], handler: Handler) -> list[Target]:
        asked = [request, *(request.override(model=model) for model in self._models)]
        return [self._target(each, handler) for each in asked]

    def _target(self, request: ModelRequest[Any], handler: Handler) -> Target:
        async def call(_: int) -> ModelResponse[Any]:
            async with reserving(request) as bounded:
                return _readable(await handler(bounded))

        return Target(model_name(request.model), call)


def _valid(request: ModelRequest[Any]) -> ModelRequest[Any]:
    """The request with a history that strict providers accept; the same where they accept it.

    One in which nobody says anything stays, so that the provider's own word on it is heard.
    """
    messages = valid_history(request.messages)
    said = any(not isinstance(message, SystemMessage) for message in messages)
    return request.override(messages=messages) if said and messages != request.messages else request


def _readable(response: ModelResponse[Any]) -> ModelResponse[Any]:
    """The response, unless there is nothing in it.

    Raises:
        AnswerUnreadable: It has neither text nor tool calls nor a typed output.
    """
    said = next((m for m in response.result if isinstance(m, AIMessage)), None)
    empty = said is None or not (said.text.strip() or said.tool_calls or said.invalid_tool_calls)
    if empty and response.structured_response is None:
        raise AnswerUnreadable(
            "The model answered with nothing: no text and no tool call. Try again, or give the "
            "policy a fallback."
        )
    return response
