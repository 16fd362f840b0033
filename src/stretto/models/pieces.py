"""An answer as it goes out: its texts in pieces, its tool calls with their arguments as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall

SIZE = 24
"""Characters a piece: small enough to cut JSON in the middle of its names."""


def pieces(text: str, size: int = SIZE) -> list[str]:
    """Cut a text into pieces of at most `size` characters; none for an empty text."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def calls_of(answer: AIMessage) -> list[ToolCall | InvalidToolCall]:
    """All tool calls of a message, those whose arguments are not JSON too."""
    return [*answer.tool_calls, *answer.invalid_tool_calls]


def argument_text(call: ToolCall | InvalidToolCall) -> str:
    """The arguments of a tool call as they go over the wire."""
    args = call["args"]
    return args if isinstance(args, str) else json.dumps(args or {})
