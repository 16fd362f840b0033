"""How long state is waited for that another process holds, or that is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from stretto.errors import StateBusy, StateUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_PAUSES = 0.02, 0.5
"""Seconds between two attempts: at first, and at most."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds are waited before the run is stopped."""

    busy: float = 10.0
    """For a database that another process holds."""
    gone: float = 0.0
    """For one that cannot be reached or written."""

    def tried(
        self,
        work: Callable[[], T],
        *,
        pause: Callable[[float], object] = time.sleep,
        hurried: Callable[[], bool] = lambda: False,
    ) -> T:
        """Do it, again and again while patience lasts and nobody hurries.

        Args:
            work: What is done.
            pause: Waits so many seconds, or less.
            hurried: Whether to give up.

        Raises:
            StateUnavailable: What it raised last.
        """
        begun = time.monotonic()
        seconds, longest = _PAUSES
        while True:
            try:
                return work()
            except StateUnavailable as error:
                wait = self.busy if isinstance(error, StateBusy) else self.gone
                if hurried() or time.monotonic() - begun + seconds > wait:
                    raise
            pause(seconds)
            seconds = min(2 * seconds, longest)
