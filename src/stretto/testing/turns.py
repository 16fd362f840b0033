"""A history as a provider is told of it, from LangChain's messages or OpenAI's dictionaries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from langchain_core.messages import AIMessage, BaseMessage, ChatMessage, ToolMessage

if TYPE_CHECKING:
    from stretto.testing.call import Json

_ROLES = {"human": "user", "ai": "assistant"}
_CALL_BLOCKS = {"function_call", "invalid_tool_call", "tool_call", "tool_use"}
THOUGHTS = {"reasoning", "reasoning_content", "redacted_thinking", "thinking"}
"""Content blocks that hold what a model thought."""
_UNSENT = _CALL_BLOCKS | THOUGHTS
"""What OpenAI is never told as content."""


@dataclass(frozen=True)
class Asked:
    """A tool call as OpenAI is told of it."""

    id: str
    name: str
    arguments: Any
    """JSON text, if it is right."""


@dataclass(frozen=True)
class Turn:
    """A message as a provider is told of it."""

    where: str
    """Its place, such as `messages[2]`."""
    role: str
    content: Any = None
    """Text, blocks or `None`; for Anthropic always blocks."""
    calls: tuple[Asked, ...] = ()
    """For OpenAI; Anthropic has them as blocks."""
    answers: Any = None
    """The id of the tool call of which it is the result, for OpenAI."""
    name: str | None = None
    apart: bool = False
    """Whether it is sent beside the messages, as Anthropic's system prompt is."""

    @property
    def blocks(self) -> list[Any]:
        """Its content, where that is a list."""
        return self.content if isinstance(self.content, list) else []


Rule: TypeAlias = Callable[[Sequence[Turn]], Iterator[str]]
"""Says where a history breaks it."""


def some_message(turns: Sequence[Turn]) -> Iterator[str]:
    """Both providers: there is at least one message; Anthropic's system prompt is none."""
    if all(turn.apart for turn in turns):
        yield "there is no message"


def openai_turns(messages: Sequence[BaseMessage | Json]) -> list[Turn]:
    """The messages as langchain-openai sends them to Chat Completions."""
    return [_openai_turn(f"messages[{i}]", _openai(m)) for i, m in enumerate(messages)]


def anthropic_turns(messages: Sequence[BaseMessage | Json]) -> list[Turn]:
    """The messages as langchain-anthropic sends them, before neighbours of a role are joined."""
    turns: list[Turn] = []
    for index, message in enumerate(messages):
        role, content = _anthropic(message)
        where, apart = f"messages[{index}]", role == "system"
        turns.append(Turn(where, role, content, apart=apart))
    return turns


def _openai_turn(where: str, told: Json) -> Turn:
    return Turn(
        where,
        role=told.get("role", ""),
        content=told.get("content"),
        calls=tuple(_asked(call) for call in told.get("tool_calls") or ()),
        answers=told.get("tool_call_id"),
        name=told.get("name"),
    )


def _asked(call: Mapping[str, Any]) -> Asked:
    function = call.get("function") or {}
    return Asked(call.get("id") or "", function.get("name") or "", function.get("arguments"))


def _openai(message: BaseMessage | Json) -> Json:
    if not isinstance(message, BaseMessage):
        return message
    if isinstance(message, ToolMessage):
        content, answers = _without(message.content, _UNSENT), message.tool_call_id
        return {"role": "tool", "content": content, "tool_call_id": answers}
    role = message.role if isinstance(message, ChatMessage) else message.type
    told: Json = {"role": _role(role), "content": _without(message.content, _UNSENT)}
    told["name"] = message.name or message.additional_kwargs.get("name")
    if isinstance(message, AIMessage):
        calls = [_openai_call(call) for call in _calls(message)]
        told["tool_calls"] = calls or message.additional_kwargs.get("tool_calls")
    return told


def _role(told: str) -> str:
    kind = told.removesuffix("MessageChunk").lower()
    return _ROLES.get(kind, kind)


def _calls(message: AIMessage) -> list[Any]:
    return [*message.tool_calls, *message.invalid_tool_calls]


def _openai_call(call: Mapping[str, Any]) -> Json:
    args = call["args"]
    text = json.dumps(args) if isinstance(args, dict) else args
    return {"id": call["id"], "function": {"name": call["name"], "arguments": text}}


def _without(content: Any, kinds: set[str]) -> Any:
    if not isinstance(content, list):
        return content
    blocks: list[Any] = content
    return [b for b in blocks if not (isinstance(b, dict) and b.get("type") in kinds)]


def _anthropic(message: BaseMessage | Json) -> tuple[str, list[Json]]:
    """The role, and the blocks of the content."""
    if isinstance(message, ToolMessage):
        failed = message.status == "error"
        return "user", [_result(message.tool_call_id, message.content, failed=failed)]
    if isinstance(message, AIMessage):
        return "assistant", _said(message)
    if isinstance(message, BaseMessage):
        role = message.role if isinstance(message, ChatMessage) else message.type
        return _role(role), _blocks(message.content)
    role = str(message.get("role"))
    if role == "tool":
        return "user", [_result(message.get("tool_call_id"), message.get("content"))]
    uses = [_use(_asked(call)) for call in message.get("tool_calls") or ()]
    kind = "system" if role == "developer" else role
    return kind, [*_blocks(message.get("content")), *uses]


def _blocks(content: Any) -> list[Json]:
    if not content:
        return []
    told = [content] if isinstance(content, str) else cast("list[Any]", content)
    return [{"type": "text", "text": b} if isinstance(b, str) else b for b in told]


def _result(call: Any, content: Any, *, failed: bool = False) -> Json:
    return {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": failed}


def _use(call: Asked) -> Json:
    try:
        given = json.loads(call.arguments)
    except (TypeError, ValueError):
        given = call.arguments
    return {"type": "tool_use", "id": call.id, "name": call.name, "input": given}


def _said(message: AIMessage) -> list[Json]:
    """What the model said: blocks that say a call take it from `tool_calls`, others come behind."""
    blocks: list[Json] = []
    for block in _blocks(message.content):
        same = [call for call in message.tool_calls if call["id"] == block.get("id")]
        if block.get("type") != "tool_use":
            blocks.append(block)
        elif same:
            blocks += [_used(call) for call in same]
        else:
            blocks.append({**block, "input": block.get("input") or {}})
    blocks = _without(blocks, (_CALL_BLOCKS - {"tool_use"}) | {"reasoning", "reasoning_content"})
    known = {block.get("id") for block in blocks if block.get("type") == "tool_use"}
    missing = [call for call in message.tool_calls if call["id"] not in known]
    broken = [c for c in message.invalid_tool_calls if c["id"] and c["name"]]
    return [*blocks, *map(_used, missing), *map(_used, (c for c in broken if c["id"] not in known))]


def _used(call: Mapping[str, Any]) -> Json:
    args = call["args"]
    given: Any = args if isinstance(args, dict) else {}
    return {"type": "tool_use", "id": call["id"] or "", "name": call["name"], "input": given}
