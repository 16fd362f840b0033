"""What OpenAI's Chat Completions answer 400 to in a history: rule by rule.

From its API reference and, where that is silent, from the errors that its server gives.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from stretto.testing.turns import some_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.testing.turns import Rule, Turn

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_CALLS = 128
_LONGEST_ID = 40


def _roles(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: a role is developer, system, user, assistant or tool (function is deprecated)."""
    for turn in turns:
        if turn.role not in {"developer", "system", "user", "assistant", "tool"}:
            yield f"{turn.where}: there is no role {turn.role!r}"


def _content(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: `content` is text or a list of parts; only beside tool calls may it be missing.

    Empty text of a user or an assistant passes at OpenAI, and at few servers that speak its API.
    """
    for turn in turns:
        nothing = turn.content is None or turn.content == []
        if turn.role == "tool":
            refused = nothing
        else:
            refused = not turn.calls and (nothing or turn.content == "")
        if refused:
            yield f"{turn.where}: the message of the {turn.role} has no content"


def _parts(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: each part of a content is an object that says its type; a text part has text."""
    for turn in turns:
        for number, part in enumerate(turn.blocks if isinstance(turn.content, list) else ()):
            where = f"{turn.where}.content[{number}]"
            if not isinstance(part, dict) or not isinstance(part.get("type"), str):
                yield f"{where}: a part must be an object with a type"
            elif part["type"] in {"tool_result", "tool_use"}:
                yield f"{where}: there is no part of the type {part['type']!r}"
            elif part["type"] == "text" and not isinstance(part.get("text"), str):
                yield f"{where}: a text part must have text"


def _names(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: `name` of a participant has letters, digits, `_` and `-`, at most 64 of them."""
    for turn in turns:
        if turn.name is not None and not _NAME.fullmatch(turn.name):
            yield f"{turn.where}: the name {turn.name!r} must match '^{_NAME.pattern}$'"


def _results(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: a message with `tool_calls` is followed by one tool message for each of its ids.

    And a message with role `tool` answers one of the calls of the message that they follow.
    """
    waiting: list[str] = []
    for turn in turns:
        if turn.role == "tool":
            if turn.answers in waiting:
                waiting.remove(turn.answers)
            else:
                yield f"{turn.where}: the tool result {turn.answers!r} follows no such tool call"
            continue
        if waiting:
            yield f"{turn.where}: the tool calls {waiting} must be answered before it"
        waiting = [call.id for call in turn.calls]
    if waiting:
        yield f"the tool calls {waiting} must be answered at the end"


def _calls(turns: Sequence[Turn]) -> Iterator[str]:
    """OpenAI: at most 128 calls a message; an id of 1 to 40 characters; a function's name; JSON."""
    for turn in turns:
        if len(turn.calls) > _MOST_CALLS:
            yield f"{turn.where}: {len(turn.calls)} tool calls; at most {_MOST_CALLS} may be made"
        for number, call in enumerate(turn.calls):
            where = f"{turn.where}.tool_calls[{number}]"
            if not 1 <= len(call.id) <= _LONGEST_ID:
                yield f"{where}: the id {call.id!r} must have 1 to {_LONGEST_ID} characters"
            if not _NAME.fullmatch(call.name):
                yield f"{where}: the function's name {call.name!r} must match '^{_NAME.pattern}$'"
            if not _is_object(call.arguments):
                yield f"{where}: the arguments {call.arguments!r} must be a JSON object as text"


def _is_object(text: object) -> bool:
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict)
    except ValueError:
        return False


OPENAI: tuple[Rule, ...] = (
    some_message,
    _roles,
    _content,
    _parts,
    _names,
    _results,
    _calls,
)
"""All of them."""
