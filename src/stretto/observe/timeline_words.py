"""How the timeline says durations, sizes, shares and money in a few characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS = {
    "done": "done",
    "failed": "failed",
    "interrupted": "waits for a person",
    "stopped": "stopped",
    "running": "is running",
    "killed": "was cut off",
}
"""How a run stands."""
UNITS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


def duration(seconds: float) -> str:
    """A duration to three figures: `4 ms`, `0.57 s`, `12.4 s`, `3 min 20 s`, `2 h 5 min`, `3 d`."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 172_800:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def size(octets: int) -> str:
    """A size of memory: `212 MB`; empty for 0, which says that it is not known."""
    for unit, name in UNITS:
        if octets >= unit:
            return f"{octets / unit:.0f} {name}" if name != "GB" else f"{octets / unit:.1f} GB"
    return f"{octets} B" if octets else ""


def share(part: float, whole: float) -> str:
    """A part in per cent of the whole: `41 %`; `<1 %` for little, empty for nothing."""
    if part <= 0 or whole <= 0:
        return ""
    percent = 100 * part / whole
    return f"{percent:.0f} %" if percent >= 0.5 else "<1 %"


def money(cost: float | None) -> str:
    """Money in the currency of the price table; empty where there was no price."""
    return "" if cost is None else f"{cost:.4f}"


def count(number: int) -> str:
    """A number of tokens: `950`, `12.3k`, `1.2M`."""
    if number < 10_000:
        return f"{number:,}"
    return f"{number / 1000:.1f}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def arguments(args: Mapping[str, object], most: int) -> str:
    """Arguments on a line: the first text as it is, then the others as `name=value`."""
    first = next((name for name, value in args.items() if isinstance(value, str)), None)
    parts = [str(args[first])] if first is not None else []
    parts += [f"{name}={value}" for name, value in args.items() if name != first]
    return " ".join(" ".join(parts).split())[:most]
