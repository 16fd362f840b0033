"""Message logs in OpenAI's format, read as conversations.

A log is a JSON list of messages, an object that holds one under `messages` or `traj`, a list of
such objects, or one of these a line (JSON Lines); gzipped when its name ends in `.gz`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from stretto.errors import InvalidInput
from stretto.replay.messages import said

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.messages import BaseMessage

LISTS = ("messages", "traj")
"""Keys under which an object may hold its messages."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A recorded conversation."""

    origin: str
    """The file and the line it begins at."""
    messages: tuple[BaseMessage, ...]
    times: tuple[float | None, ...]
    """When each was said, in seconds since the epoch; `None` where the log does not tell."""
    model: str = ""
    tools: tuple[dict[str, Any], ...] = ()
    """The tools that were offered, where the log tells."""
    data: Mapping[str, Any] | None = None
    """The object that held the messages; `None` for a bare list."""


def read_log(path: Path) -> list[Conversation]:
    """Read the conversations of a log.

    Raises:
        InvalidInput: It cannot be read, or a line of it is no conversation; nothing is left out.
    """
    found = [_conversation(value, f"{path}:{line}") for line, value in _values(path, _text(path))]
    if not found:
        raise InvalidInput(f"{path}: it is empty. Give a log with at least one conversation.")
    return found


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidInput(f"cannot read {str(path)!r}: {why}. Give a file of messages.") from error
    except (UnicodeDecodeError, EOFError, zlib.error) as error:
        raise InvalidInput(f"{path}: it is no text in UTF-8 ({error}). Export it again.") from error


def _values(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    """Each conversation as JSON, with the line it begins at."""
    whole = _loaded(text)
    if whole is _BROKEN:
        yield from _lines(path, text)
    elif isinstance(whole, list) and whole and all(map(_holds_messages, whole)):
        yield from ((1, one) for one in whole)
    else:
        yield 1, whole


def _lines(path: Path, text: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except RecursionError as error:
            raise InvalidInput(
                f"{path}:{number}: its JSON is nested too deeply. Give a flatter one."
            ) from error
        except json.JSONDecodeError as error:
            raise InvalidInput(
                f"{path}:{number}: not JSON ({error.msg}, column {error.colno}). Give one JSON "
                "object or list of messages a line, or one for the whole file."
            ) from error


_BROKEN = object()


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        return _BROKEN


def _holds_messages(value: object) -> bool:
    if isinstance(value, list):
        return True
    return isinstance(value, dict) and any(isinstance(value.get(key), list) for key in LISTS)


def _conversation(value: Any, origin: str) -> Conversation:
    data = cast("dict[str, Any]", value) if isinstance(value, dict) else None
    given: Any = value if data is None else next((data[k] for k in LISTS if k in data), None)
    if not isinstance(given, list) or not given:
        raise InvalidInput(
            f"{origin}: no messages. Give a list of messages, or an object that holds one under "
            f"{' or '.join(map(repr, LISTS))}."
        )
    entries = [*given, *_answered(data or {})]
    told = said(entries, origin)
    tools = (data or {}).get("tools")
    return Conversation(
        origin=origin,
        messages=tuple(message for message, _ in told),
        times=tuple(time for _, time in told),
        model=_word((data or {}).get("model")),
        tools=tuple(tool for tool in _list(tools) if isinstance(tool, dict)),
        data=data,
    )


def _answered(data: Mapping[str, Any]) -> list[Any]:
    """The answer, where the object is a request with its response."""
    response = data.get("response")
    told = response if isinstance(response, Mapping) else data
    return [
        choice["message"]
        for choice in _list(told.get("choices"))[:1]
        if isinstance(choice, dict) and isinstance(choice.get("message"), dict)
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""
