"""Where two values of JSON differ, in the parts and lines that a person wants to see."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONTEXT = 1
"""Equal lines shown before and after those that differ."""
WINDOW = 60
"""Equal characters shown on either side of what differs in a long line."""
LONG = 240
"""Characters up to which a line is shown whole."""
MORE = "…"

Mark = Literal["=", "!", "-", "+", "…"]
"""Of a row: equal, changed, only recorded, only now, equal lines left out."""


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs: a message, a tool, an argument."""

    where: str
    recorded: str | None
    """`None`: it was not there."""
    now: str | None

    def rows(self) -> list[tuple[Mark, str, str]]:
        """Lines side by side, equal ones only beside those that differ."""
        return _beside(self.recorded, self.now)


def changes(recorded: Any, now: Any) -> list[Change]:
    """The parts in which two requests, or any two values of JSON, differ.

    A request is a dictionary with `messages`: its messages are set beside each other, its tools by
    name and its settings by key.
    """
    if recorded == now:
        return []
    if not isinstance(recorded, dict) or not isinstance(now, dict):
        return [
            Change(
                "",
                None if recorded is None else _text(recorded),
                None if now is None else _text(now),
            )
        ]
    then, other = cast("dict[str, Any]", recorded), cast("dict[str, Any]", now)
    found: list[Change] = []
    for key in dict.fromkeys([*then, *other]):
        if then.get(key) == other.get(key) and (key in then) == (key in other):
            continue
        found += list(_part(key, then, other))
    return found


def unlike(recorded: Any, now: Any) -> str:
    """The same in lines of text: `-` what was recorded, `+` what is there now."""
    return "\n".join(line for change in changes(recorded, now) for line in _lines(change))


def _lines(change: Change) -> Iterator[str]:
    if change.where:
        yield f"  {change.where}"
    removed: list[str] = []
    added: list[str] = []
    for mark, left, right in [*change.rows(), ("=", "", "")]:
        if mark in "=…":
            yield from (*removed, *added)
            removed, added = [], []
            if left or mark == "…":
                yield f"      {MORE if mark == '…' else left}"
        else:
            removed += [f"    - {left}"] if mark in "!-" else []
            added += [f"    + {right}"] if mark in "!+" else []


def _part(key: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    before, after = then.get(key), now.get(key)
    if key == "messages" and isinstance(before, list) and isinstance(after, list):
        yield from _messages(before, after)
    elif key == "tools" and isinstance(before, list) and isinstance(after, list):
        yield from _named("tool", _by_name(before), _by_name(after))
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _named(key, before, after)
    else:
        yield Change(
            key, _text(before) if key in then else None, _text(after) if key in now else None
        )


def _messages(before: Sequence[Any], after: Sequence[Any]) -> Iterator[Change]:
    left, right = [_canonical(m) for m in before], [_canonical(m) for m in after]
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        if tag == "equal":
            continue
        for step in range(max(i_end - i, j_end - j)):
            old = before[i + step] if i + step < i_end else None
            new = after[j + step] if j + step < j_end else None
            number = (i + step if old is not None else j + step) + 1
            either: Any = new if old is None else old
            kind = either.get("type", "") if isinstance(either, dict) else ""
            yield Change(
                f"message {number} ({kind})" if kind else f"message {number}",
                None if old is None else _message(old),
                None if new is None else _message(new),
            )


def _named(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        if old != new:
            yield Change(
                f"{what} {name}",
                _text(old) if name in before else None,
                _text(new) if name in after else None,
            )


def _by_name(tools: Sequence[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for number, tool in enumerate(tools, 1):
        told: Any = tool.get("function", tool) if isinstance(tool, dict) else {}
        name = told.get("name") if isinstance(told, dict) else None
        named[str(name or f"number {number}")] = tool
    return named


def _message(message: Any) -> str:
    """A message as one reads it: its text, then what it calls, then what else it says."""
    if not isinstance(message, dict):
        return _text(message)
    told = cast("dict[str, Any]", message)
    lines = [_text(told["content"])] if told.get("content") else []
    lines += [
        f"calls {call.get('name')}({_text(call.get('args'))}) as {call.get('id')}"
        for call in [*told.get("tool_calls", ()), *told.get("invalid_tool_calls", ())]
    ]
    known = {"type", "content", "tool_calls", "invalid_tool_calls"}
    lines += [f"{key}: {_text(value)}" for key, value in told.items() if key not in known]
    return "\n".join(lines) or "(empty)"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    flat = json.dumps(value, ensure_ascii=False, default=str)
    if len(flat) <= 80:
        return flat
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def _beside(recorded: str | None, now: str | None) -> list[tuple[Mark, str, str]]:
    left = [] if recorded is None else recorded.split("\n")
    right = [] if now is None else now.split("\n")
    rows: list[tuple[Mark, str, str]] = []
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    codes = matcher.get_opcodes()
    for place, (tag, i, i_end, j, j_end) in enumerate(codes):
        if tag == "equal":
            first, last = place == 0, place == len(codes) - 1
            rows += _equal(left[i:i_end], before=not last, after=not first)
            continue
        for step in range(max(i_end - i, j_end - j)):
            old = left[i + step] if i + step < i_end else None
            new = right[j + step] if j + step < j_end else None
            rows.append(_changed(old, new))
    return rows


def _changed(old: str | None, new: str | None) -> tuple[Mark, str, str]:
    if old is None or new is None:
        return ("-", _cut(old), "") if old is not None else ("+", "", _cut(new or ""))
    return ("!", *narrowed(old, new))


def _equal(lines: Sequence[str], *, before: bool, after: bool) -> list[tuple[Mark, str, str]]:
    """Equal lines: those next to a change, and a mark for the others."""
    head = lines[:CONTEXT] if after else []
    tail = lines[max(len(head), len(lines) - CONTEXT) :] if before else []
    kept: list[tuple[Mark, str, str]] = [("=", _cut(line), _cut(line)) for line in head]
    if len(lines) > len(head) + len(tail):
        kept.append(("…", "", ""))
    return kept + [("=", _cut(line), _cut(line)) for line in tail]


def narrowed(old: str, new: str) -> tuple[str, str]:
    """Two long lines, cut to where they differ."""
    if max(len(old), len(new)) <= LONG:
        return old, new
    shortest = min(len(old), len(new))
    start = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    end = next((i for i in range(shortest - start) if old[-1 - i] != new[-1 - i]), shortest - start)
    return _window(old, start, end), _window(new, start, end)


def _window(line: str, start: int, end: int) -> str:
    first, last = max(0, start - WINDOW), len(line) - max(0, end - WINDOW)
    middle = line[first:last]
    if len(middle) > 2 * LONG:
        middle = f"{middle[:LONG]} {MORE} {middle[-LONG:]}"
    return f"{MORE if first else ''}{middle}{MORE if last < len(line) else ''}"


def _cut(line: str) -> str:
    return line if len(line) <= LONG else f"{line[: LONG - 1]}{MORE}"
