"""How values are said in a few words: durations, tool calls, places of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def seconds(value: float) -> str:
    """A duration as one reads it: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def ago(value: float) -> str:
    """How long ago something was: `just now`, `4 min ago`, `3 days ago`."""
    for size, name in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if value >= size:
            count = int(value // size)
            plural = "s" if name == "day" and count > 1 else ""
            return f"{count} {name}{plural} ago"
    return "just now"


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 tool call`, `1,200 tokens`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def cut(text: str, size: int) -> str:
    """The text on one line, at most `size` characters of it."""
    line = " ".join(text.split())
    return line if len(line) <= size else f"{line[: max(0, size - 1)].rstrip()}…"


def arguments(args: Mapping[str, object], size: int = 60) -> str:
    """A tool's arguments in brief: the first text (paths short), the others as `name=value`."""
    parts: list[str] = []
    for name, value in args.items():
        if not parts and isinstance(value, str):
            parts.append(f'"{cut(near(value), size)}"')
        else:
            parts.append(f"{name}={cut(plain(value), size)}")
    return cut(" ".join(parts), size)


def plain(value: object) -> str:
    """A value as JSON, texts without quotes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def near(path: str) -> str:
    """The path from the working directory when it lies below it, else from home or absolute."""
    if not Path(path).is_absolute():
        return path
    for start, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        try:
            return f"{prefix}{Path(path).relative_to(start)}"
        except ValueError:
            continue
    return path


def quoted(argument: str) -> str:
    """An argument as one types it in a shell."""
    import shlex

    return shlex.quote(argument)
