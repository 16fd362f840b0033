"""Values of any kind as JSON of bounded size; never raises, whatever the object does."""

from __future__ import annotations

import dataclasses
import json
import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from typing import Any, cast
from uuid import UUID

PREVIEW = 500
"""Characters of a text that a record keeps."""
_DEPTH = 8
_BITS = 63
_MORE = "…"


def clean(text: str) -> str:
    """The text with what no store can hold (NUL, lone surrogates) replaced."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def cut(text: str, size: int = PREVIEW) -> str:
    """At most `size` characters of `text`; an ellipsis at the end shows that there was more."""
    return clean(text if len(text) <= size else text[: size - 1] + _MORE)


def jsonable(value: object, *, text: int = PREVIEW, total: int = 4_000) -> Any:
    """The value as JSON types: models and dataclasses as dicts, the unknown as its `repr`.

    A string keeps `text` characters, the whole about `total`; an ellipsis stands for the rest.
    """
    return _Walk(text, total).value(value, _DEPTH)


def preview(value: object, size: int = PREVIEW) -> str:
    """The beginning of a value as text: of a message its content, of data its JSON."""
    shown: str = _guarded(_text, value, size)
    return shown


def printed(value: object) -> str:
    """`str(value)`, or which error that raised."""
    text: str = _guarded(lambda value, _: str(value), value, 0)
    return text


def _text(value: object, size: int) -> str:
    content = getattr(value, "content", value)
    if isinstance(content, list):
        content = _words(cast("list[object]", content)) or content
    if isinstance(content, str):
        return cut(content, size)
    kept = jsonable(content, text=size, total=2 * size)
    return cut(kept if isinstance(kept, str) else json.dumps(kept, ensure_ascii=False), size)


def _words(blocks: list[object]) -> str:
    parts = [
        block if isinstance(block, str) else cast("dict[str, object]", block).get("text")
        for block in blocks
        if isinstance(block, str | dict)
    ]
    return "\n".join(part for part in parts if isinstance(part, str))


def _guarded(look: Callable[[object, int], Any], value: object, size: int) -> Any:
    try:
        return look(value, size)
    except Exception as error:  # noqa: BLE001 - an object may raise anything when it is looked at
        return f"<{type(value).__name__}: {type(error).__name__}>"


class _Walk:
    """One walk through a value, with what is left of its size."""

    def __init__(self, text: int, total: int) -> None:
        self.text, self.left = text, total

    def value(self, value: object, depth: int) -> Any:
        if self.left <= 0:
            return _MORE
        self.left -= 2
        return _guarded(self._plain, value, depth)

    def _plain(self, value: object, depth: int) -> Any:
        if isinstance(value, Enum):
            return self.value(value.value, depth)
        if value is None or isinstance(value, bool | int | float):
            return self._number(value)
        if depth > 0 and (fields := _fields(value)) is not None:
            return self._mapping(fields, depth)
        if depth > 0 and isinstance(value, list | tuple | set | frozenset | deque):
            return self._sequence(cast("list[object]", value), depth)
        return self._string(_worded(value))

    def _number(self, value: float | None) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if value.bit_length() <= _BITS else self._string(hex(value))
        return float(value) if math.isfinite(value) else repr(value)

    def _string(self, text: str) -> str:
        kept = cut(text, max(1, min(self.text, self.left)))
        self.left -= len(kept)
        return kept

    def _mapping(self, items: Mapping[object, object], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in items.items():
            if self.left <= 0:
                found[_MORE] = f"{len(items) - len(found)} more"
                break
            name = self._string(key if isinstance(key, str) else repr(key))
            found[name] = self.value(item, depth - 1)
        return found

    def _sequence(self, items: list[object], depth: int) -> list[Any]:
        found: list[Any] = []
        for item in items:
            if self.left <= 0:
                found.append(f"{_MORE} {len(items) - len(found)} more")
                break
            found.append(self.value(item, depth - 1))
        return found


def _worded(value: object) -> str:
    if isinstance(value, str | UUID | PurePath):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, date | time):
        return value.isoformat()
    return repr(value)


def _fields(value: object) -> Mapping[object, object] | None:
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value)
    if isinstance(value, type):
        return None
    if dataclasses.is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(type(value), "model_fields"):
        return {name: item for name, item in vars(value).items() if not _is_empty(item)}
    return None


def _is_empty(item: object) -> bool:
    return item is None or (isinstance(item, str | list | dict) and not item)
