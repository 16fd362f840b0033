"""The manager of a supervisor: asks its model, or whatever it is, once, and hears what it says.

An agent that manages is no `create_agent` graph of its own: it makes one model call a step, through
the middleware of an agent's calls, so that manager, tools and workers are nodes of one graph.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from langchain.agents.middleware import ToolErrorMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain.agents.structured_output import OutputToolBinding, ToolStrategy
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, SystemMessage
from langchain_core.runnables import RunnableLambda
from langgraph.prebuilt import ToolNode
from langgraph.runtime import get_runtime

from stretto.members import Reply, member
from stretto.members.agent import tool_error
from stretto.members.effects import EffectsOnce
from stretto.members.guarded import GuardedCalls, model_under
from stretto.members.history import valid_history
from stretto.members.limit import CallLimit
from stretto.patterns.brief import brief_message, request_of, tag, whole_turns
from stretto.patterns.context import HISTORY
from stretto.patterns.delegation import conversation, this_turn, told_result
from stretto.spec.agent import Agent
from stretto.state import Delegate, Delegates

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from langchain.agents.middleware.types import ToolCallRequest
    from langchain_core.runnables import Runnable

    from stretto.members import Member
    from stretto.patterns.delegation import Desk

    Handler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]

MANAGER = "manager"
"""What a manager is called that is but a model."""


def manager_of(thing: object) -> Member:
    """Take the manager of a team: an agent, a chat model, or any other member.

    Raises:
        InvalidMember: It is no member.
    """
    if isinstance(thing, BaseChatModel):
        thing = Agent(name=MANAGER, model=thing)
    return member(thing)


def managing(one: Member, where: Desk) -> Member:
    """The manager as a member that says one thing: calls, delegations or the answer.

    Raises:
        InvalidInput: Its model cannot be had.
    """
    if one.agent is not None:
        return _as(one, ModelStep(one.agent, where))
    if (call := one.function) is None:
        return one

    async def step(state: Any) -> Any:
        said = await call(state)
        return Reply("", said) if isinstance(said, list | Delegate | Delegates) else said

    return _as(one, step)


def _as(one: Member, step: Callable[[Any], Awaitable[Any]]) -> Member:
    async def call(state: Any) -> Any:
        return await step(state)

    runnable = RunnableLambda(call, name=one.name)
    return replace(one, runnable=runnable, function=call, takes_messages=False, typed=False)


def tools_of(agent: Agent | None) -> ToolNode | None:
    """The node of the manager's own tools, each call once and each failure told to it."""
    if agent is None or not agent.tools:
        return None
    once, mended = EffectsOnce(), ToolErrorMiddleware(tool_error)

    async def call(request: ToolCallRequest, execute: Any) -> Any:
        return await once.awrap_tool_call(
            request, lambda again: mended.awrap_tool_call(again, execute)
        )

    return ToolNode(list(agent.tools), awrap_tool_call=call)


def output_of(agent: Agent | None) -> OutputToolBinding[Any] | None:
    """The tool by which an agent with a typed output gives it."""
    if agent is None or agent.output is None:
        return None
    (spec,) = ToolStrategy[Any](agent.output).schema_specs
    return OutputToolBinding.from_schema_spec(spec)


class ModelStep:
    """Asks an agent's model once, given the team's state; gives its message as a reply's value.

    Args:
        agent: The agent; its typed output is a tool that ends the turn.
        where: What it may delegate.

    Raises:
        InvalidInput: Its model cannot be had.
    """

    def __init__(self, agent: Agent, where: Desk) -> None:
        self.model = model_under(agent.policy, agent.model)
        self._system = SystemMessage(agent.prompt) if agent.prompt else None
        self._output = output_of(agent)
        self._format = None if agent.output is None else ToolStrategy[Any](agent.output)
        own = tools_of(agent)
        self._tools: list[Any] = [*where.specs(), *(own.tools_by_name.values() if own else ())]
        self._bound: Runnable[Any, Any] | None = None
        ask: Handler = self._ask
        guarded = GuardedCalls(agent.policy, agent.name)
        for layer in (guarded, EffectsOnce(), CallLimit(agent.max_model_calls)):
            ask = partial(layer.awrap_model_call, handler=ask)
        self._guarded = ask

    async def __call__(self, state: Mapping[str, Any]) -> Reply:
        """Ask it."""
        request: ModelRequest[Any] = ModelRequest(
            model=self.model,
            messages=seen_by_manager(state.get("messages") or []),
            system_message=self._system,
            tools=self._tools,
            response_format=self._format,
            state=cast("Any", state),
            runtime=get_runtime(),
        )
        response = await self._guarded(request)
        said = next(m for m in response.result if isinstance(m, AIMessage))
        return Reply(said.text, said)

    async def _ask(self, request: ModelRequest[Any]) -> ModelResponse[Any]:
        system = request.system_message
        messages = request.messages if system is None else [system, *request.messages]
        return ModelResponse(result=[await self._model(request).ainvoke(messages)])

    def _model(self, request: ModelRequest[Any]) -> Runnable[Any, Any]:
        """The model with its tools; the usual one is made once."""
        usual = request.model is self.model and request.tools is self._tools
        usual = usual and not request.model_settings and request.tool_choice is None
        if usual and self._bound is not None:
            return self._bound
        tools, choice = request.tools, request.tool_choice
        if self._output is not None:
            tools, choice = [*tools, self._output.tool], "any"
        bound = request.model.bind_tools(tools, tool_choice=choice, **request.model_settings)
        self._bound = bound if usual else self._bound
        return bound


def seen_by_manager(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """What a manager is asked with: the conversation so far, and all of this turn."""
    begin = this_turn(messages)
    return [*whole_turns(conversation(messages[:begin]), HISTORY), *messages[begin:]]


def graph_brief(where: Desk) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Makes what a graph that manages is given: all in one message, as it has no such tools."""
    workers = tag("workers", "\n".join(f"{name}: {role}" for name, role in where.roles.items()))

    def brief(state: Mapping[str, Any]) -> dict[str, Any]:
        messages = list(state.get("messages") or [])
        begin = this_turn(messages)
        asked, material = request_of(messages[begin : begin + 1])
        work = [] if begin == len(messages) - 1 else state.get("work") or []
        done = [
            tag("result", told_result(r.result) if r.status == "done" else r.why, worker=r.worker,
                task=r.task, status=r.status)
            for r in work
        ]  # fmt: skip
        message = brief_message([tag("request", asked), material, workers, *done])
        earlier = whole_turns(conversation(messages[:begin]), HISTORY)
        return {**state, "messages": valid_history([*earlier, message])}

    return brief
