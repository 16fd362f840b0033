"""How much work something is, counted rather than timed: the same on every machine."""

from __future__ import annotations

import itertools
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


@contextmanager
def counted_lines() -> Generator[Callable[[], int]]:
    """Count lines of Python that are run, each time they are, in this thread and in new ones.

    Gives what tells how many there were; ask it once, afterwards. What runs within C is not seen.
    """
    lines = itertools.count()  # counts in one step, whichever thread does it

    def trace(_frame: Any, event: str, _value: Any) -> Any:
        if event == "line":
            next(lines)
        return trace

    before = sys.gettrace()
    threading.settrace(trace)
    sys.settrace(trace)
    try:
        yield lambda: next(lines)
    finally:
        sys.settrace(before)
        threading.settrace(None)  # type: ignore[arg-type]  # as it is at first
