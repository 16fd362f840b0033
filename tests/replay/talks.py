"""Recorded conversations in OpenAI's format."""

from __future__ import annotations

from typing import Any


def call(name: str, arguments: Any, call_id: str | None = "c1") -> dict[str, Any]:
    """A tool call in OpenAI's format."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


TALK: list[dict[str, Any]] = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "weather?"},
    {"role": "assistant", "content": None, "tool_calls": [call("look", '{"city": "Bonn"}')]},
    {"role": "tool", "tool_call_id": "c1", "name": "look", "content": "sunny"},
    {"role": "assistant", "content": "It is sunny."},
]

LONG: list[dict[str, Any]] = [
    *TALK,
    {"role": "user", "content": "and"},
    {"role": "user", "content": "tomorrow?"},
    {
        "role": "assistant",
        "content": "I look twice.",
        "tool_calls": [call("look", '{"city": "Bonn"}', "a"), call("look", '{"city": "Ulm"}', "b")],
    },
    {"role": "tool", "tool_call_id": "b", "content": "rain"},
    {"role": "tool", "tool_call_id": "a", "content": "snow"},
    {"role": "assistant", "content": "Snow and rain.", "usage": {"prompt_tokens": 7}},
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "thanks"},
]
