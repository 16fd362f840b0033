"""How fast a source is worked through, and how long the rest will take."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.config import get_stream_writer

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRESS = "progress"
"""Key of the custom stream's parts that tell progress."""
_MOST = 64
_began: OrderedDict[str, _Begin] = OrderedDict()
"""When this process began with a pass over a source, by its token."""


@dataclass(frozen=True, slots=True)
class _Begin:
    seconds: float
    done: int
    share: float


def progress(
    done: int, total: int | None, share: float | None, begin: _Begin, seconds: float
) -> dict[str, Any]:
    """How far it is, at what rate, and what is left.

    Args:
        done: Items that are through.
        total: Items in all, where that is known.
        share: Of the source that has been read, 0 to 1, where that is known and the total is not.
        begin: Where this process began.
        seconds: Since then.

    Returns:
        `done`, `total`, `share`, `rate` in items a second, `left` in seconds; `None` for what
        cannot be told.
    """
    rate = (done - begin.done) / seconds if seconds > 0 else None
    before = begin.share
    if total:
        share, before = done / total, begin.done / total
    gained = None if share is None else share - before
    left = None
    if share is not None and gained is not None and gained > 0:
        left = seconds * max(0.0, 1 - share) / gained
    return {"done": done, "total": total, "share": share, "rate": rate, "left": left}


class Pace:
    """Tells LangGraph's custom stream how a pass over a source gets on.

    Args:
        name: The node's, told with it.
        token: Of the pass.
        done: Items that are through.
        total: Items in all, where that is known.
        share: Of the source that is through.
        ticks: Tells spans of time.
    """

    def __init__(
        self,
        name: str,
        token: str,
        done: int,
        total: int | None,
        *,
        share: float = 0.0,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name, self._total, self._ticks = name, total, ticks
        self._done, self._share = done, share
        self._begin = _began.setdefault(token, _Begin(ticks(), done, share))
        while len(_began) > _MOST:
            _began.popitem(last=False)
        self._write = get_stream_writer()

    def tell(self, items: int, share: float | None) -> None:
        """Tell that more items are through, and how much of the source has been read."""
        self._done += items
        self._share = max(self._share, share or 0.0)
        seconds = self._ticks() - self._begin.seconds
        known = self._share if share is not None else None
        told = progress(self._done, self._total, known, self._begin, seconds)
        self._write({PROGRESS: self._name, **told})
