"""A model's request as payloads, so that a growing conversation stores each message once.

A request is its messages, the tools it offers and the settings its caller asks for. Its digest
says whether two requests are the same: ids of messages and what a provider told beside an answer
do not count, and what belongs to the model itself (temperature, keys) is no part of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from stretto.journal.payloads import Payload, json_payload, value_of
from stretto.journal.values import jsonable

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

SETTINGS = ("stop", "tool_choice", "response_format", "parallel_tool_calls")
"""What the caller of a model asks for beside messages and tools."""

_BOUND = 1 << 40
_CALL = ("name", "args", "id")
_REPEATED = frozenset({"tool_calls", "function_call", "parsed"})
"""Keys of `additional_kwargs` that say once more what the message says itself."""
_KNOWN_TOOLS = 512


def request_payloads(
    messages: Sequence[BaseMessage],
    tools: Sequence[Any] = (),
    settings: Mapping[str, Any] | None = None,
) -> tuple[str, list[Payload]]:
    """Give the digest of a request and the payloads that hold it, the request's own last.

    Args:
        messages: The whole conversation, the system message first.
        tools: Whatever a model's `bind_tools` takes, or the schemas made of it.
        settings: Keywords of the call; those that are not in `SETTINGS` do not count.
    """
    payloads = list(_links(messages))
    request = {
        "messages": payloads[-1].digest if payloads else "",
        "tools": [tool_schema(tool) for tool in tools],
        "settings": _settings(settings or {}),
    }
    return _added(payloads, request)


def request_of(digest: str, payloads: Mapping[str, Payload]) -> dict[str, Any]:
    """Give a request back: its `messages`, oldest first, its `tools` and its `settings`, as JSON.

    Raises:
        KeyError: A payload of it is not there, with its digest; it was forgotten, or not read.
    """
    request = dict(cast("Mapping[str, Any]", value_of(payloads[digest])))
    found: list[dict[str, Any]] = []
    link: str = request["messages"]
    while link:
        held = cast("Mapping[str, Any]", value_of(payloads[link]))
        found.append(held["message"])
        link = held["before"]
    return {**request, "messages": found[::-1]}


def message_json(message: BaseMessage) -> dict[str, Any]:
    """What a message says to a model, as JSON: without its id and what a provider told of it."""
    held = vars(message)  # looking for a field that a message does not have takes pydantic long
    told: dict[str, Any] = {
        "type": _kind(message.type),
        "content": _content(message.content),
        "name": held.get("name"),
        "tool_calls": _calls(held.get("tool_calls")),
        "invalid_tool_calls": _calls(held.get("invalid_tool_calls")),
        "tool_call_id": held.get("tool_call_id"),
        "status": held.get("status"),
        "role": held.get("role"),
        "more": {k: v for k, v in message.additional_kwargs.items() if k not in _REPEATED},
    }
    return {key: value for key, value in told.items() if value or key == "content"}


def exact_payload(value: Any) -> Payload:
    """`json_payload` of any value: what is no JSON in it is told as records tell it, uncut."""
    try:
        return json_payload(value)
    except (TypeError, ValueError, RecursionError):
        return json_payload(jsonable(value, text=_BOUND, total=_BOUND))


def tool_schema(tool: Any) -> Any:
    """A tool as a model is told of it: OpenAI's form, or a provider's own dictionary."""
    if isinstance(tool, dict):
        return cast("dict[str, Any]", tool)
    known = _tools.get(id(tool))
    if known is not None and known[0] is tool:
        return known[1]
    schema = _schema(tool)
    _tools[id(tool)] = (tool, schema)
    while len(_tools) > _KNOWN_TOOLS:
        _tools.popitem(last=False)
    return schema


_tools: OrderedDict[int, tuple[Any, Any]] = OrderedDict()
"""Schemas made so far, by the id of a tool that is kept beside it; making one takes a while."""


def _schema(tool: Any) -> Any:
    from langchain_core.utils.function_calling import convert_to_openai_tool

    try:
        return convert_to_openai_tool(tool)
    except Exception:  # noqa: BLE001 - a model may take tools that LangChain does not know
        return jsonable(getattr(tool, "name", None) or tool)


def _links(messages: Sequence[BaseMessage]) -> Iterator[Payload]:
    before = ""
    for message in messages:
        link = exact_payload({"before": before, "message": message_json(message)})
        before = link.digest
        yield link


def _added(payloads: list[Payload], value: Any) -> tuple[str, list[Payload]]:
    last = exact_payload(value)
    return last.digest, [*payloads, last]


def _content(content: str | list[Any]) -> Any:
    """The content in the form that callbacks are told of it, which differs for images and files."""
    if isinstance(content, str):
        return content
    return [_block(cast("dict[str, Any]", b)) if isinstance(b, dict) else b for b in content]


def _block(block: dict[str, Any]) -> Any:
    from langchain_core.messages import convert_to_openai_image_block, is_data_content_block

    by_id = "file_id" in block or block.get("source_type") == "id"
    if block.get("type") == "image" and is_data_content_block(block) and not by_id:
        return convert_to_openai_image_block(block)
    if block.get("type") == "file" and is_data_content_block(block) and "base64" in block:
        rest = {key: value for key, value in block.items() if key != "base64"}
        return {**rest, "data": block["base64"], "source_type": "base64"}
    if len(block) == 1 and "type" not in block:
        return {**block, "type": next(iter(block))}
    return block


def _kind(told: str) -> str:
    """The type of a message, the same for a chunk of it."""
    return told.removesuffix("MessageChunk").lower() if told.endswith("MessageChunk") else told


def _calls(calls: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]]:
    return [{key: call.get(key) for key in _CALL} for call in calls or ()]


def _settings(told: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: told[key] for key in SETTINGS if told.get(key) is not None}
    if "tool_choice" in found:
        found["tool_choice"] = _choice(found["tool_choice"])
    form = found.get("response_format")
    if isinstance(form, type) and hasattr(form, "model_json_schema"):
        found["response_format"] = cast("Any", form).model_json_schema()
    return found


def _choice(told: Any) -> Any:
    """One word for what providers say in many: `auto`, `none`, `required` or a tool's name."""
    if isinstance(told, Mapping):
        given = cast("Mapping[str, Any]", told)
        function = given.get("function")
        name = function.get("name") if isinstance(function, Mapping) else given.get("name")
        return name or _choice(given.get("type"))
    return "required" if told is True or told == "any" else told
