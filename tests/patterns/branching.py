"""Branches whose ends a test decides, one after the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from langgraph.types import interrupt

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["succeeds", "fails", "asks", "hangs"]


class Branches:
    """Members `b0`, `b1`, ...: each ends in its way, in the order that is told.

    Those that hang never end by themselves.
    """

    def __init__(self, kinds: Sequence[Kind], order: Sequence[int] = ()) -> None:
        self.kinds = {f"b{i}": kind for i, kind in enumerate(kinds)}
        self.begun: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.cancelled: Counter[str] = Counter()
        self.changed = asyncio.Event()
        """Set anew at each beginning and end."""
        self.mended = False
        """Whether those that fail succeed from now on."""
        self._turns = {f"b{i}": place for place, i in enumerate(order or range(len(kinds)))}

    async def until(self, counted: Counter[str], number: int) -> None:
        """Wait until so many are counted."""
        while counted.total() < number:
            self.changed.clear()
            await self.changed.wait()

    @property
    def members(self) -> list[Any]:
        """The members."""
        return [self._member(name) for name in self.kinds]

    def _member(self, name: str) -> Any:
        async def work(state: Any) -> str:
            self.begun[name] += 1
            self.changed.set()
            try:
                return await self._end(name)
            except asyncio.CancelledError:
                self.cancelled[name] += 1
                raise

        work.__name__ = name
        return work

    async def _end(self, name: str) -> str:
        kind = self.kinds[name]
        for _ in range(5 * self._turns[name]):  # turns of the loop, no time
            await asyncio.sleep(0)
        if kind == "fails" and not self.mended:
            raise RuntimeError(f"{name} broke")
        if kind == "hangs" and not self.mended:
            await asyncio.Event().wait()
        if kind == "asks":
            assert interrupt(f"may {name}?") == f"yes {name}"
        self.ended[name] += 1
        self.changed.set()
        return f"{name} did it"
