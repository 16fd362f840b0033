"""The tool calls of a model's message: wherever it holds them, read and kept in step."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.messages import AIMessage, AIMessageChunk, ToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.messages import InvalidToolCall, ToolMessage

Content: TypeAlias = "str | list[str | dict[Any, Any]]"
Result: TypeAlias = "tuple[int, ToolMessage]"
"""A tool's result, and its place among all messages."""
Results: TypeAlias = "Mapping[str, Sequence[Result]]"

BLOCKS = {
    "tool_use": "id",
    "tool_call": "id",
    "invalid_tool_call": "id",
    "function_call": "call_id",
}
"""Content blocks that say a tool call once more, and where each has its id."""
LONGEST_ID = 40
"""Characters of a call's id that OpenAI takes; Anthropic takes the same letters."""
LONGEST_NAME = 64
_ODD = re.compile(r"[^a-zA-Z0-9_-]")
_REPEATED = frozenset({"tool_calls", "function_call"})
"""Keys of `additional_kwargs` that say calls once more; nobody reads them beside `tool_calls`."""


def safe(text: str, longest: int = LONGEST_NAME) -> str:
    """A name or id of letters, digits, `_` and `-` alone; the same where it is one."""
    return _ODD.sub("_", text)[:longest]


class Ids:
    """Gives each call an id that providers take and no earlier call has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._count: Counter[str] = Counter()

    def unique(self, told: str) -> str:
        """The id as it is, if it may be; else one made of it, the same in every longer history."""
        wanted = given = safe(told, LONGEST_ID) or "call"
        while given in self._taken:
            self._count[wanted] += 1
            ending = f"_{self._count[wanted] + 1}"
            given = wanted[: LONGEST_ID - len(ending)] + ending
        self._taken.add(given)
        return given


def calls_of(message: AIMessage) -> list[ToolCall]:
    """All calls that a provider would be told of; of broken arguments nothing is left."""
    calls = [*message.tool_calls, *map(_mended, message.invalid_tool_calls)]
    if not calls:
        calls = [_raw(told) for told in message.additional_kwargs.get("tool_calls") or ()]
    known = {call["id"] for call in calls}
    blocks = [] if isinstance(message.content, str) else message.content
    told = [b for b in blocks if isinstance(b, dict) and b.get("type") == "tool_use"]
    return [*calls, *(_used(block) for block in told if block.get("id") not in known)]


def answered(calls: Sequence[ToolCall], results: Results) -> Iterator[tuple[ToolCall, Result]]:
    """The calls of one message that have a result, each with its own.

    Of several results the last counts. Where several calls have one id, results go to them in
    order, and what is left over replaces that of the last call.
    """
    calling, met = Counter(_id(call) for call in calls), Counter[str]()
    for call in calls:
        found, last = results.get(_id(call), ()), calling[_id(call)] - 1
        at = met[_id(call)]
        met[_id(call)] += 1
        if at < len(found):
            yield call, found[-1 if at == last else at]


def renamed(call: ToolCall, ids: Ids) -> ToolCall:
    """The call with an id and a name that providers take; the same object where it has them."""
    id_, name = ids.unique(_id(call)), safe(call["name"]) or "tool"
    if (id_, name) == (call["id"], call["name"]):
        return call
    return ToolCall(name=name, args=call["args"], id=id_, type="tool_call")


def with_calls(
    message: AIMessage, kept: Sequence[tuple[ToolCall, ToolCall]], content: Content
) -> AIMessage:
    """The message with these calls alone, wherever it holds them; the same where nothing changes.

    Args:
        message: What the model said.
        kept: Each call that stays, as it was and as it is to be.
        content: What takes the place of its content.
    """
    content, calls = _in_step(content, kept), [call for _, call in kept]
    same = len(calls) == len(message.tool_calls) and all(map(_is, calls, message.tool_calls))
    changed: dict[str, Any] = {}
    if content is not message.content:
        changed["content"] = content
    if message.invalid_tool_calls or not same or (not calls and _says_calls(message)):
        rest = {k: v for k, v in message.additional_kwargs.items() if k not in _REPEATED}
        changed |= {"tool_calls": calls, "invalid_tool_calls": [], "additional_kwargs": rest}
        if isinstance(message, AIMessageChunk):
            changed["tool_call_chunks"] = []
    return message.model_copy(update=changed) if changed else message


def _in_step(content: Content, kept: Sequence[tuple[ToolCall, ToolCall]]) -> Content:
    """The content without the blocks of calls that are gone, with the new ids of the others."""
    if isinstance(content, str):
        return content
    left: defaultdict[str, list[ToolCall]] = defaultdict(list)
    for old, new in reversed(kept):
        left[_id(old)].append(new)
    blocks: list[str | dict[Any, Any]] = []
    for block in content:
        key = BLOCKS.get(str(block.get("type"))) if isinstance(block, dict) else None
        if isinstance(block, str) or key is None:
            blocks.append(block)
        elif waiting := left[str(block.get(key) or "")]:
            call = waiting.pop()
            same = (block.get(key), block.get("name")) == (call["id"], call["name"])
            blocks.append(block if same else {**block, key: call["id"], "name": call["name"]})
    unchanged = len(blocks) == len(content) and all(map(_is, blocks, content))
    return content if unchanged else blocks


def _says_calls(message: AIMessage) -> bool:
    return any(message.additional_kwargs.get(key) for key in _REPEATED)


def _is(one: object, other: object) -> bool:
    return one is other


def _id(call: ToolCall) -> str:
    return call["id"] or ""


def _mended(call: InvalidToolCall) -> ToolCall:
    """A call whose arguments could not be read, with what can be read of them."""
    args = _object(call["args"])
    return ToolCall(name=call["name"] or "", args=args, id=call["id"], type="tool_call")


def _raw(told: Mapping[str, Any]) -> ToolCall:
    """A call as OpenAI says it."""
    function: Mapping[str, Any] = told.get("function") or {}
    args = _object(function.get("arguments"))
    return ToolCall(name=function.get("name") or "", args=args, id=told.get("id"), type="tool_call")


def _used(block: Mapping[Any, Any]) -> ToolCall:
    """A call as Anthropic says it."""
    given = block.get("input") or block.get("partial_json")
    return ToolCall(
        name=str(block.get("name") or ""),
        args=cast("dict[str, Any]", given) if isinstance(given, dict) else _object(given),
        id=block.get("id"),
        type="tool_call",
    )


def _object(text: object) -> dict[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
