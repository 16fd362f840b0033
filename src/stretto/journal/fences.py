"""Who may write a thread: each taking of it has a number, and only the highest one counts."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from stretto.errors import ThreadTaken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.journal.backend import Session

_TAKE = """
INSERT INTO $fences (thread, number, dropped) VALUES (?, 1, 0)
ON CONFLICT (thread) DO UPDATE SET number = $fences.number + 1
RETURNING number
"""
_NUMBER = "SELECT number FROM $fences WHERE thread = ?"


class Fences:
    """The numbers under which this process holds threads; used from any thread of it."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}
        self._lost: dict[str, int] = {}
        self._since: dict[str, int] = {}
        """From which number on nobody else held a thread between our takings."""
        self._lock = threading.Lock()

    def number(self, thread: str) -> int:
        """The number under which the thread is held; 0 when it is not.

        Raises:
            ThreadTaken: Another process was found to have taken it since.
        """
        number = self._held.get(thread, 0)
        if number and number <= self._lost.get(thread, 0):
            raise taken(thread)
        return number

    def held(self, thread: str) -> int:
        """The same, whether it was taken since or not."""
        return self._held.get(thread, 0)

    def hold(self, thread: str, number: int) -> None:
        """Note that this process has taken the thread."""
        with self._lock:
            before = self._held.get(thread, 0)
            if number <= before:
                return
            if not before or number != before + 1:
                self._since[thread] = number
            self._held[thread] = number

    def current(self, thread: str, number: int) -> int:
        """The number under which a record may be written that was appended under `number`.

        The present one, when this process has taken the thread again and nobody else did between.
        """
        with self._lock:
            held = self._held.get(thread, 0)
            return held if 0 < self._since.get(thread, 0) <= number < held else number

    def release(self, thread: str) -> None:
        """Note that this process has no more to do with the thread."""
        with self._lock:
            self._held.pop(thread, None)
            self._lost.pop(thread, None)
            self._since.pop(thread, None)

    def lose(self, refused: Mapping[str, int]) -> None:
        """Note which threads were taken by others, and up to which number of ours."""
        with self._lock:
            for thread, number in refused.items():
                if thread in self._held:
                    self._lost[thread] = max(number, self._lost.get(thread, 0))


def take(session: Session, thread: str, after: int | None = None) -> int:
    """Take a thread: from now on only the number that is returned may write it.

    Raises:
        ThreadTaken: Its number is not `after`, where that is given: another took it since.
    """
    if after is not None:
        rows = session.rows(_NUMBER, thread)
        if (int(rows[0][0]) if rows else 0) != after:
            raise taken(thread)
    return int(session.rows(_TAKE, thread)[0][0])


def taken(thread: str) -> ThreadTaken:
    """What is raised where a thread is written that another process has taken."""
    return ThreadTaken(
        f"another process has taken over thread {thread!r}; nothing of this run is stored any "
        f"more. Follow the other one with `stretto watch {thread}`."
    )
