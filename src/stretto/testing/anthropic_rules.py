"""What Anthropic's Messages API answers 400 to in a history: rule by rule.

From its API reference and, where that is silent, from the errors that its server gives.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from stretto.testing.turns import THOUGHTS, some_message

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.testing.call import Json
    from stretto.testing.turns import Rule, Turn

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ID = re.compile(r"[a-zA-Z0-9_-]+")


def _front(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: the system prompt is a field beside `messages`, so it stands in front of them."""
    said = False
    for turn in turns:
        if turn.role == "system" and said:
            yield f"{turn.where}: a system message must stand in front"
        said = said or turn.role != "system"


def _roles(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a role is user or assistant."""
    for turn in turns:
        if turn.role not in {"system", "user", "assistant"}:
            yield f"{turn.where}: there is no role {turn.role!r}"


def _first(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: the first message is the user's."""
    first = next((turn for turn in turns if turn.role != "system"), None)
    if first is not None and first.role != "user":
        yield f"{first.where}: the first message must be the user's"


def _content(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: each message has content; each block of text has more than white space."""
    for turn in turns:
        if not turn.blocks:
            yield f"{turn.where}: the message of the {turn.role} has no content"
        for block in turn.blocks:
            text = block.get("text") if block.get("type") == "text" else None
            if block.get("type") == "text" and not str(text or "").strip():
                yield f"{turn.where}: a text block must not be blank"


def _thoughts(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a message of the assistant says something beside what it thought."""
    for turn in turns:
        kinds = {block.get("type") for block in turn.blocks}
        if turn.role == "assistant" and kinds and kinds <= THOUGHTS:
            yield f"{turn.where}: the message has thoughts alone"


def _results(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a user message with a `tool_result` for each `tool_use` follows at once.

    In it results come before all else, one for each call, none for another call. Neighbours of one
    role count as one message, as the server joins them.
    """
    waiting: list[str] = []
    for role, group in groupby((t for t in turns if t.role != "system"), lambda turn: turn.role):
        joined = list(group)
        blocks, where = [b for turn in joined for b in turn.blocks], joined[0].where
        if role == "assistant":
            waiting = [str(b.get("id")) for b in blocks if b.get("type") == "tool_use"]
            continue
        yield from _answers(where, blocks, waiting)
        waiting = []
    if waiting:
        yield f"the tool calls {waiting} must be answered at the end"


def _answers(where: str, blocks: Sequence[Json], waiting: Sequence[str]) -> Iterator[str]:
    left, other = list(waiting), False
    for block in blocks:
        if block.get("type") != "tool_result":
            other = True
            continue
        told = str(block.get("tool_use_id"))
        if told not in left:
            yield f"{where}: the tool result {told!r} follows no such tool call"
        else:
            left.remove(told)
            if other:
                yield f"{where}: the tool result {told!r} must come before all else"
    if left:
        yield f"{where}: the tool calls {left} must be answered first"


def _errors(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a `tool_result` that `is_error` has content; none has blank text."""
    for turn in turns:
        for block in turn.blocks:
            if block.get("type") != "tool_result":
                continue
            content = block.get("content")
            if block.get("is_error") and not content:
                yield f"{turn.where}: the error of a tool must say something"
            if any(not text.strip() for text in _texts(content)):
                yield f"{turn.where}: the text of a tool's result must not be blank"


def _ids(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: ids of `tool_use` are unique, of letters, digits, `_` and `-`."""
    seen: set[str] = set()
    for turn in turns:
        for block in turn.blocks:
            if block.get("type") != "tool_use":
                continue
            told = str(block.get("id") or "")
            if not _ID.fullmatch(told):
                yield f"{turn.where}: the id {told!r} must match '^{_ID.pattern}$'"
            if told in seen:
                yield f"{turn.where}: the id {told!r} is used twice"
            seen.add(told)


def _uses(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a `tool_use` has the name of a tool and an object as input."""
    for turn in turns:
        for block in turn.blocks:
            if block.get("type") != "tool_use":
                continue
            name = str(block.get("name") or "")
            if not _NAME.fullmatch(name):
                yield f"{turn.where}: the name {name!r} must match '^{_NAME.pattern}$'"
            if not isinstance(block.get("input"), dict):
                yield f"{turn.where}: the input of {name!r} must be an object"


def _end(turns: Sequence[Turn]) -> Iterator[str]:
    """Anthropic: a last message of the assistant does not end with white space."""
    last = turns[-1] if turns else None
    if last is None or last.role != "assistant":
        return
    said = [block for block in last.blocks if block.get("type") not in THOUGHTS]
    text = said[-1].get("text") if said else None
    if isinstance(text, str) and text != text.rstrip():
        yield f"{last.where}: the last message must not end with white space"


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content] if content else []
    blocks = cast("list[Any]", content or [])
    return [b["text"] for b in blocks if isinstance(b, dict) and isinstance(b.get("text"), str)]


ANTHROPIC: tuple[Rule, ...] = (
    some_message,
    _front,
    _roles,
    _first,
    _content,
    _thoughts,
    _results,
    _errors,
    _ids,
    _uses,
    _end,
)
"""All of them."""
