"""How long things take: all times as they are, or counted in buckets that never grow."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from typing import Protocol

BOUNDS = (
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
    1800.0, 3600.0,
)  # fmt: skip
"""Upper bounds of the buckets, in seconds: from a cached tool to a team that works for an hour."""


class Spread(Protocol):
    """Times that were added, in seconds."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def add(self, seconds: float) -> None:
        """Add one."""
        ...

    def at(self, part: float) -> float | None:
        """The time that this part of all does not exceed, 0.95 for p95; `None` for no times."""
        ...


class Exact:
    """Keeps every time: eight bytes each."""

    def __init__(self) -> None:
        self._times = array("d")
        self._ordered = True

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._times)

    def add(self, seconds: float) -> None:
        """Add one."""
        self._times.append(seconds)
        self._ordered = False

    def at(self, part: float) -> float | None:
        """The smallest time that at least this part of all does not exceed (nearest rank)."""
        if not self._times:
            return None
        if not self._ordered:
            self._times = array("d", sorted(self._times))
            self._ordered = True
        rank = math.ceil(part * len(self._times))
        return self._times[min(max(rank, 1), len(self._times)) - 1]


class Buckets:
    """Counts times by `BOUNDS`; what a quantile is, is known as well as its bucket is narrow."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        """How many fell into each bucket, the last one without an upper bound."""
        self.total = 0.0
        """Of all times together."""
        self._count = 0

    @property
    def count(self) -> int:
        """How many there are."""
        return self._count

    def add(self, seconds: float) -> None:
        """Add one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self._count += 1
        self.total += seconds

    def at(self, part: float) -> float | None:
        """The quantile, as if times were evenly spread in a bucket; the last bound at most."""
        if not self._count:
            return None
        rank, before = part * self._count, 0
        for place, held in enumerate(self.counts[:-1]):
            if held and before + held >= rank:
                low = BOUNDS[place - 1] if place else 0.0
                return low + (BOUNDS[place] - low) * max(0.0, rank - before) / held
            before += held
        return BOUNDS[-1]
