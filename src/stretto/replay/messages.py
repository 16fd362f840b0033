"""Messages in OpenAI's format, read as LangChain's; and messages as they are compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, cast

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
    UsageMetadata,
)

from stretto.errors import InvalidInput

TIMES = ("timestamp", "time", "created", "created_at")
"""Keys under which a message may tell when it was said."""
MILLISECONDS = 1e11
"""Numbers above it are milliseconds: seconds would be in the year 5138."""
Json = dict[str, Any]


def said(entries: Sequence[Any], origin: str) -> list[tuple[BaseMessage, float | None]]:
    """Read messages, each with its time; ids are made for tool calls that have none.

    Raises:
        InvalidInput: One is malformed, or a tool message answers no call; names which.
    """
    found: list[tuple[BaseMessage, float | None]] = []
    open_calls: list[Any] = []
    for number, entry in enumerate(entries, 1):
        place = f"{origin}: message {number}"
        if not isinstance(entry, dict):
            raise InvalidInput(f"{place} is no object, but {entry!r:.80}. Give role and content.")
        told = cast("Json", entry)
        message = _message(told, place, open_calls)
        if isinstance(message, AIMessage):
            open_calls = [*message.tool_calls, *message.invalid_tool_calls]
        found.append((message, _time(told, place)))
    return found


def _message(told: Json, place: str, open_calls: list[Any]) -> BaseMessage:
    content = _content(told.get("content"), place)
    match told.get("role"):
        case "system" | "developer":
            return SystemMessage(content)
        case "user":
            return HumanMessage(content)
        case "assistant":
            return _assistant(told, content, place)
        case "tool" | "function":
            return _result(told, content, place, open_calls)
        case role:
            raise InvalidInput(
                f"{place} has the role {role!r}. Use system, user, assistant or tool."
            )


def _content(value: Any, place: str) -> str | list[Any]:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str | dict) for part in value):
        return value
    raise InvalidInput(f"{place} has the content {value!r:.80}. Give a text or a list of parts.")


def _assistant(told: Json, content: str | list[Any], place: str) -> AIMessage:
    given = told.get("tool_calls") or []
    if not isinstance(given, list):
        raise InvalidInput(f"{place}: `tool_calls` is no list. Give a list of calls, or none.")
    if legacy := told.get("function_call"):
        given = [*given, {"function": legacy}]
    calls, broken = _calls(given, place)
    refusal = told.get("refusal")
    extra = {"refusal": refusal} if isinstance(refusal, str) and refusal else {}
    return AIMessage(
        content or extra.get("refusal", ""),
        tool_calls=calls,
        invalid_tool_calls=broken,
        additional_kwargs=extra,
        usage_metadata=_usage(told.get("usage")),
    )


def _calls(given: Sequence[Any], place: str) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    calls: list[ToolCall] = []
    broken: list[InvalidToolCall] = []
    for number, call in enumerate(given):
        told: Any = call.get("function", call) if isinstance(call, dict) else {}
        name = told.get("name") if isinstance(told, dict) else None
        if not isinstance(name, str) or not name:
            raise InvalidInput(
                f"{place}: tool call {number + 1} has no name. Give `function.name`."
            )
        call_id = str(call.get("id") or f"call_{place.rpartition(' ')[2]}_{number + 1}")
        arguments = told.get("arguments", told.get("args"))
        args = arguments if isinstance(arguments, dict) else _arguments(arguments)
        if args is None:
            text = str(arguments)
            broken.append(
                InvalidToolCall(
                    name=name, args=text, id=call_id, error="not JSON", type="invalid_tool_call"
                )
            )
        else:
            calls.append(ToolCall(name=name, args=args, id=call_id, type="tool_call"))
    return calls, broken


def _arguments(text: Any) -> Json | None:
    if text in (None, ""):
        return {}
    try:
        args = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    return cast("Json", args) if isinstance(args, dict) else None


def _result(told: Json, content: str | list[Any], place: str, open_calls: list[Any]) -> ToolMessage:
    wanted, name = told.get("tool_call_id"), told.get("name")
    fitting = [
        call
        for call in open_calls
        if (call["id"] == wanted if wanted else name in (None, call["name"]))
    ]
    if not fitting:
        raise InvalidInput(
            f"{place} is the result of {wanted or name!r}, which the assistant did not call before "
            "it. Give the log from the message that calls it."
        )
    call = fitting[0]
    open_calls.remove(call)
    status = "error" if told.get("is_error") or told.get("status") == "error" else "success"
    return ToolMessage(content, tool_call_id=call["id"], name=call["name"], status=status)


def _usage(told: Any) -> UsageMetadata | None:
    if not isinstance(told, Mapping):
        return None
    given = told.get("prompt_tokens", told.get("input_tokens")) or 0
    written = told.get("completion_tokens", told.get("output_tokens")) or 0
    if not isinstance(given, int) or not isinstance(written, int):
        return None
    return UsageMetadata(input_tokens=given, output_tokens=written, total_tokens=given + written)


def _time(told: Json, place: str) -> float | None:
    value = next((told[key] for key in TIMES if told.get(key) is not None), None)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value < 1000 * MILLISECONDS:
            return value / 1000 if value > MILLISECONDS else float(value)
        value = str(value)  # and so no date
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise InvalidInput(
            f"{place} was said at {value!r:.80}, which is no time. Give seconds since the epoch, "
            "or an ISO 8601 date."
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def settled(messages: Sequence[Json]) -> list[Json]:
    """Messages as JSON, with results that follow one another in one order.

    Calls made at once come back in any order, and systems list them in one or another.
    """
    found: list[Json] = []
    for is_result, some in groupby(messages, lambda told: told["type"] == "tool"):
        told = list(some)
        found += sorted(told, key=_answers) if is_result else told
    return found


def _answers(told: Json) -> str:
    return str(told.get("tool_call_id"))
