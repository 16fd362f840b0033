"""Ways of doing the same work, run in turns, and what each took."""

from __future__ import annotations

import gc
import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping


@dataclass
class Work:
    """One piece of work, done in several ways; the first is by hand."""

    name: str
    ways: Mapping[str, Callable[[], Awaitable[object]]]
    most: Mapping[str, float]
    """The ratio that is asked for, by way."""
    clock: Callable[[], float] = time.process_time
    times: int = 1
    """How often it is done in one measurement, so that it is long enough to be measured."""
    spent: dict[str, list[float]] = field(default_factory=dict)

    async def measure(self, repeats: int) -> None:
        """Let the ways take turns; the first round is not counted."""
        self.spent = {name: [] for name in self.ways}
        for number in range(repeats + 1):
            for name, way in self.ways.items():
                taken = await self._once(way)
                if number:
                    self.spent[name].append(taken)

    async def _once(self, way: Callable[[], Awaitable[object]]) -> float:
        gc.collect()
        gc.disable()
        try:
            began = self.clock()
            for _ in range(self.times):
                await way()
            return self.clock() - began
        finally:
            gc.enable()

    @property
    def medians(self) -> dict[str, float]:
        """Seconds, by way."""
        return {name: statistics.median(taken) / self.times for name, taken in self.spent.items()}

    @property
    def ratios(self) -> dict[str, float]:
        """To the way by hand: the median of the ratios of each round."""
        first = next(iter(self.ways))
        return {
            name: statistics.median(
                one / hand for one, hand in zip(taken, self.spent[first], strict=True)
            )
            for name, taken in self.spent.items()
        }
