"""How a member of a swarm hands the conversation over, whatever its kind.

A function gives back a `HandOver`. An agent calls a tool, which the pattern gives it; a graph of
another make calls the same tool (`hand_over_tool`), gives a `HandOver` as its typed result, or
sends a `Command` to the graph above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain.agents.middleware.types import AgentMiddleware, ModelRequest, ModelResponse
from langchain.tools import ToolRuntime  # noqa: TC002 - LangChain reads it to inject it
from langchain_core.messages import AIMessage, AnyMessage, ToolMessage, convert_to_messages
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import Command, Send
from pydantic import BaseModel, Field, create_model
from typing_extensions import override

from stretto.errors import InvalidInput
from stretto.members.reply import Reply
from stretto.members.tool_calls import safe
from stretto.patterns.context import valid_context
from stretto.spec.tool import EFFECT_KEY
from stretto.state import HandOver, ToolWord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from langchain_core.messages import ToolCall

    from stretto.patterns.context import Context

PREFIX = "hand_over_to_"
"""Begins the name of every tool that hands over."""
ONE_TOOL = f"{PREFIX}one_of"
"""Takes the name as an argument, where there are too many for a tool each."""
MOST_TOOLS = 20
"""Agents to which one hands over by a tool each; OpenAI takes 128 tools in all, and all of them are
sent with every request."""
Payload: TypeAlias = "type[BaseModel] | None"


@dataclass(frozen=True, slots=True)
class Handoff:
    """What a handoff to an agent takes along, and what the next one sees."""

    agent: object
    """The agent, or its name where an edge is declared."""
    payload: Payload = None
    """The type of what must be given along; `None` lets anything pass, and nothing."""
    context: Context | None = None
    """What the next one sees; `None` is the swarm's."""


def handoff(agent: object, *, payload: Payload = None, context: Context | None = None) -> Handoff:
    """Declare how the conversation is handed to an agent.

    Args:
        agent: Among the members of `swarm`, the agent itself: it counts for all that hand over to
            it. Among `edges`, its name: it counts for that edge.
        payload: A pydantic class, of which whoever hands over must give a value.
        context: What the next one sees of what came before.

    Raises:
        InvalidInput: The payload is no pydantic class, or the context policy is unknown.
    """
    if payload is not None and not (isinstance(payload, type) and issubclass(payload, BaseModel)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput(
            f"handoff: the payload {payload!r} is no pydantic class. Give a class that extends "
            "`pydantic.BaseModel`."
        )
    if context is not None:
        valid_context(context, "handoff")
    return Handoff(agent, payload, context)


@dataclass(frozen=True, slots=True)
class Handing:
    """What a member's work came to, where it does not answer."""

    over: HandOver | None = None
    refused: str = ""
    """Why it did not hand over, though it tried to."""
    tools: Sequence[ToolWord] = ()
    """What its tools gave."""
    told: bool = False
    """Whether the journal knows already."""


def hand_over_tool(to: str, *, role: str = "", payload: Payload = None) -> BaseTool:
    """Make the tool by which a model hands the conversation over.

    Agents of Stretto get theirs from the pattern. Give it to a `create_agent` of your own; it ends
    when it calls this alone.

    Args:
        to: The name of the one that goes on.
        role: What that one is good for; the model chooses by it.
        payload: The type of what must be given along.
    """
    fields: dict[str, Any] = {
        "reason": (str, Field(description=f"in a sentence, what {to} is to see to and why"))
    }
    if payload is not None:
        fields["payload"] = (payload, Field(description=f"what {to} needs"))
    does = f" {to}: {role}." if role else ""
    about = f"Hand the conversation over to {to}, who goes on in your place.{does}"
    return _tool(tool_name(to), about, fields)


def hand_over_tools(ways: Mapping[str, Handoff], roles: Mapping[str, str]) -> list[BaseTool]:
    """Make the tools by which a model hands over to any of these.

    Each has one of its own, up to `MOST_TOOLS`. Of more, only those have for which something must
    be given along; the others share one.

    Args:
        ways: The handoffs, by the name of who goes on.
        roles: What each is good for.
    """
    many = len(ways) > MOST_TOOLS
    own = {to: way.payload for to, way in ways.items() if way.payload is not None or not many}
    tools = [hand_over_tool(to, role=roles[to], payload=payload) for to, payload in own.items()]
    shared = {to: roles[to] for to in ways if to not in own}
    return [*tools, _one_tool(shared)] if shared else tools


def _one_tool(roles: Mapping[str, str]) -> BaseTool:
    known = "\n".join(f"{name}: {role}" if role else name for name, role in roles.items())
    fields: dict[str, Any] = {
        "to": (Literal[tuple(roles)], Field(description="who goes on")),
        "reason": (str, Field(description="in a sentence, what that one is to see to and why")),
    }
    about = f"Hand the conversation over to one of these, who goes on in your place.\n{known}"
    return _tool(ONE_TOOL, about, fields)


def _tool(name: str, about: str, fields: dict[str, Any]) -> BaseTool:
    def hand_over(runtime: ToolRuntime[Any, Any], **given: Any) -> str:
        first = _first(runtime.state, runtime.tool_call_id)
        if first is None:
            return f"{_goes_on(name, given)} goes on."
        return f"Not done: the conversation goes on with {first} already."

    async def hand_over_async(runtime: ToolRuntime[Any, Any], **given: Any) -> str:
        return hand_over(runtime, **given)

    return StructuredTool(
        name=name,
        description=about,
        args_schema=create_model(name, **fields),
        func=hand_over,
        coroutine=hand_over_async,
        return_direct=True,
        metadata={EFFECT_KEY: "reads"},
    )


def _goes_on(tool: str, args: Mapping[str, Any]) -> str:
    """Who goes on by a tool's call."""
    return str(args.get("to")) if tool == ONE_TOOL else tool.removeprefix(PREFIX)


def tool_name(to: str) -> str:
    """The name of the tool that hands over to this one."""
    return PREFIX + safe(to, 64 - len(PREFIX))


def _first(state: Any, call: str | None) -> str | None:
    """Who goes on by the handoff that counts, where it is not this call."""
    messages: Sequence[AnyMessage] = (state or {}).get("messages") or []
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    first = None if last is None else next(iter(_handoffs(last)), None)
    if first is None or first["id"] == call:
        return None
    return _goes_on(first["name"], first["args"])


def _handoffs(message: AIMessage) -> list[ToolCall]:
    return [call for call in message.tool_calls if call["name"].startswith(PREFIX)]


class EndsAtHandoff(AgentMiddleware[Any, Any, Any]):
    """Ends an agent that has handed over beside other tool calls: it is not asked again.

    Agents of a swarm have it. Give it, in front, to a `create_agent` of your own.
    """

    @override
    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return _ended() if _has_handed_over(request.messages) else handler(request)

    @override
    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        return _ended() if _has_handed_over(request.messages) else await handler(request)


def _ended() -> ModelResponse[Any]:
    return ModelResponse(result=[AIMessage("")])


def _has_handed_over(messages: Sequence[AnyMessage]) -> bool:
    """Whether the last message of the model has a handoff that was taken."""
    results: dict[str, ToolMessage] = {}
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            results[message.tool_call_id] = message
        elif isinstance(message, AIMessage):
            first = next(iter(_handoffs(message)), None)
            found = None if first is None else results.get(first["id"] or "")
            return found is not None and found.status != "error"
        else:
            return False
    return False


def handing(said: Reply, names: Mapping[str, str]) -> Handing | None:
    """What a reply hands over; `None` when it answers.

    Of several handoffs the first counts. Other tools that were called beside keep their results.

    Args:
        said: The reply.
        names: Members, by the name of the tool that hands over to them.
    """
    value = said.value
    if isinstance(value, HandOver):
        return Handing(value, tools=tool_words(said.messages) if said.messages else ())
    if isinstance(value, Handing):
        return value
    return _by_tool(said.messages, names, value) if said.messages else None


def _by_tool(
    messages: Sequence[AnyMessage], names: Mapping[str, str], found: Any
) -> Handing | None:
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    refused = ""
    for place, message in enumerate(messages):
        calls = _handoffs(message) if isinstance(message, AIMessage) else []
        result = results.get(calls[0]["id"] or "") if calls else None
        if result is None:
            refused = "" if isinstance(message, AIMessage) else refused
            continue
        call = calls[0]
        if result.status == "error":
            refused = result.text
            continue
        to = names.get(call["name"]) or _goes_on(call["name"], call["args"])
        words = [m.text for m in messages[place:] if isinstance(m, AIMessage) and m.text.strip()]
        over = HandOver(
            to=to,
            reason=str(call["args"].get("reason") or ""),
            payload=call["args"].get("payload"),
            say="\n\n".join(words),
            result=found,
        )
        return Handing(over, tools=tool_words(messages))
    return Handing(refused=refused, tools=tool_words(messages)) if refused else None


def tool_words(messages: Sequence[AnyMessage]) -> list[ToolWord]:
    """What tools gave, but for those that hand over."""
    calls = {c["id"]: c for m in messages if isinstance(m, AIMessage) for c in m.tool_calls}
    return [
        ToolWord(tool=call["name"], args=call["args"], text=message.text)
        for message in messages
        if isinstance(message, ToolMessage) and (call := calls.get(message.tool_call_id))
        if not call["name"].startswith(PREFIX)
    ]


def passed(command: Command[Any], names: Collection[str]) -> Reply:
    """Read the command that a graph sends to the one above it, as langgraph-swarm's tools do.

    Raises:
        InvalidInput: It goes to several at once, or to none.
    """
    goto = command.goto
    targets = [goto] if isinstance(goto, str | Send) else list(goto)
    nodes = [each.node if isinstance(each, Send) else str(each) for each in targets]
    if len(set(nodes)) != 1:
        raise InvalidInput(
            f"swarm: a command to the graph above goes to {nodes!r}. Hand over to exactly one of "
            f"{', '.join(map(repr, sorted(names)))}."
        )
    given: Any = command.update
    update = dict(given) if isinstance(given, dict) else {}
    own = _after_person(update.pop("messages", None) or [])
    over = HandOver(to=nodes[0], update=update)
    value = Handing(over, tools=tool_words(own), told=True)
    return Reply("", value, messages=own)


def _after_person(messages: Any) -> list[AnyMessage]:
    taken = convert_to_messages(messages if isinstance(messages, list) else [messages])
    person = [place for place, each in enumerate(taken) if each.type == "human"]
    own: list[Any] = list(taken[person[-1] + 1 if person else 0 :])
    return own
