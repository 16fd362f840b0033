"""A reply that a test hands out in place of a model's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import (
    AIMessage,
    InvalidToolCall,
    ToolCall,
    UsageMetadata,
)
from langchain_core.messages.utils import count_tokens_approximately
from pydantic import BaseModel

from stretto.errors import StrettoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.testing.call import Call, Function, Json


class UnexpectedCall(StrettoError, RuntimeError):
    """Raised when a scripted model is asked what its script has no reply to.

    It is a `RuntimeError` too, so that LangGraph's retry policy does not try again.
    """


@dataclass(frozen=True)
class Reply:
    """What a model answers: text, tool calls, or a typed value."""

    text: str = ""
    tool_calls: Sequence[ToolCall | InvalidToolCall] = ()
    """Several are called in parallel; write them with `tool_call`."""
    value: BaseModel | Json | None = None
    """A typed output. It is given the way the call asks for one: as text where a schema is asked
    for, else as a call of the tool whose name or fields fit."""
    usage: tuple[int, int] | None = None
    """Input and output tokens; estimated from the words when `None`."""


def tool_call(name: str, /, **args: Any) -> ToolCall:
    """Write a tool call; it gets an id of its own when it is sent."""
    return ToolCall(name=name, args=args, id=None, type="tool_call")


def broken_call(name: str, args: str) -> InvalidToolCall:
    """Write a tool call whose arguments are not JSON, as models now and then send.

    LangChain mends JSON that merely ends too soon when it is streamed: `{"a": ` becomes `{}`.
    """
    return InvalidToolCall(
        name=name, args=args, id=None, error="not JSON", type="invalid_tool_call"
    )


def message(reply: Reply | AIMessage | str, asked: Call) -> AIMessage:
    """Turn a reply into the message that answers the call, with ids and usage.

    The ids depend on the conversation alone: the same call gets the same ids in any run.

    Raises:
        UnexpectedCall: The reply's value fits neither the schema nor a tool of the call.
    """
    if isinstance(reply, AIMessage):
        return reply
    if isinstance(reply, str):
        reply = Reply(reply)
    text, calls = _valued(reply, asked)
    stamped = [{**c, "id": c["id"] or f"call_{asked.digest}_{i}"} for i, c in enumerate(calls)]
    answer = AIMessage(
        content=text,
        tool_calls=[c for c in stamped if c.get("type") != "invalid_tool_call"],
        invalid_tool_calls=[c for c in stamped if c.get("type") == "invalid_tool_call"],
        response_metadata={"finish_reason": "tool_calls" if calls else "stop"},
    )
    answer.usage_metadata = _usage(reply, asked, answer)
    return answer


def _valued(reply: Reply, asked: Call) -> tuple[str, list[ToolCall | InvalidToolCall]]:
    calls = list(reply.tool_calls)
    if reply.value is None:
        return reply.text, calls
    value = reply.value
    args: Json = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if asked.output is not None or not asked.tools:
        return reply.text + json.dumps(args), calls
    kind = type(value).__name__
    fitting = [tool.get("name", "") for tool in asked.tools if _fits(args, tool)]
    name = kind if kind in asked.tool_names else next(iter(fitting), None)
    if name is None:
        raise UnexpectedCall(
            f"the reply's value has the fields {sorted(args)}, which fit none of the tools "
            f"{list(asked.tool_names)}. Give a value that one of them takes, or `tool_calls=`."
        )
    return reply.text, [*calls, tool_call(name, **args)]


def _fits(args: Json, tool: Function) -> bool:
    parameters = tool.get("parameters", {})
    fields = set(parameters.get("properties", {}))
    return bool(fields) and set(parameters.get("required", ())) <= set(args) <= fields


def _usage(reply: Reply, asked: Call, answer: AIMessage) -> UsageMetadata:
    given = reply.usage or (
        count_tokens_approximately(asked.messages),
        count_tokens_approximately([answer]),
    )
    return UsageMetadata(input_tokens=given[0], output_tokens=given[1], total_tokens=sum(given))
