"""What strict providers answer 400 to, so that a test finds it before a user does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.testing.call import Call, Json

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
"""What OpenAI allows as the name of a tool or a schema."""


def complaint(asked: Call) -> str:
    """Say what a strict provider would refuse the call for; empty when nothing."""
    return next(_complaints(asked), "")


def _complaints(asked: Call) -> Iterator[str]:
    yield from _history(asked.messages)
    names = list(asked.tool_names)
    if len(names) != len(set(names)):
        yield f"tool names must be unique: {names}"
    if asked.choice not in {"auto", "none", "required", *names}:
        yield f"tool choice {asked.choice!r} is not among the tools {names}"
    for told in (*asked.tools, *([asked.output] if asked.output else ())):
        name = told.get("name", "")
        if not NAME.fullmatch(name):
            yield f"invalid name {name!r}: it must match '^{NAME.pattern}$'"
        if told.get("strict"):
            yield from _open_objects(told.get("parameters", {}), name)


def _history(messages: Sequence[BaseMessage]) -> Iterator[str]:
    """Every tool call is answered at once, every tool result has its call, none is empty."""
    waiting: list[str | None] = []
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in waiting:
                yield (
                    f"{where}: tool result {message.tool_call_id!r} does not follow a "
                    "message with that tool call"
                )
            else:
                waiting.remove(message.tool_call_id)
            continue
        if waiting:
            yield f"{where}: tool calls {waiting} must be followed by their tool results"
        calls = message.tool_calls if isinstance(message, AIMessage) else []
        waiting = [call["id"] for call in calls]
        if isinstance(message, AIMessage | HumanMessage) and not message.content and not waiting:
            yield f"{where}: a message of the {message.type} must not be empty"
    if waiting:
        yield f"tool calls {waiting} must be followed by their tool results"


def _open_objects(schema: Any, path: str) -> Iterator[str]:
    """OpenAI's rule for `strict`: objects are closed and all of their fields required."""
    if isinstance(schema, list):
        items: Sequence[Any] = schema
        for item in items:
            yield from _open_objects(item, path)
    if not isinstance(schema, dict):
        return
    told: Json = schema
    if isinstance(fields := told.get("properties"), dict):
        if told.get("additionalProperties") is not False:
            yield f"invalid schema {path!r}: 'additionalProperties' must be false"
        if absent := sorted(set(fields) - set(told.get("required", ()))):
            yield f"invalid schema {path!r}: 'required' must name every field; missing {absent}"
    for key, value in told.items():
        yield from _open_objects(value, f"{path}.{key}")
