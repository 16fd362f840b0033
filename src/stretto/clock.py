"""The time as a value that a test can replace."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Gives the time as seconds since the epoch."""

now: Clock = time.time
"""The clock everything uses unless it is handed another."""
