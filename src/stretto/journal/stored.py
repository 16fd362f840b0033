"""Which checkpoints are stored, and which are forks of one another, as far as this process knows.

The checkpointer notes what it has written and read. An effect waits here until every checkpoint
that its key is made of is stored: one that is lost in a crash would take the key with it.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_GREGORIAN = 0x01B21DD213814000
"""Ticks of 100 nanoseconds from the epoch of UUIDs to that of Unix (RFC 9562)."""
THREADS = 1_000
"""Threads that are remembered; the one that was idle longest is forgotten first."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a checkpoint of a root graph comes from."""

    family: str
    """The same for all checkpoints that are forks of one another."""
    fork: bool
    """Whether it was made by going back or by an edit, not by a step of the graph."""


def created(checkpoint: str) -> float | None:
    """When a checkpoint was made, in seconds since the epoch, as its id tells (a version 6 UUID).

    `None` for an id that is none.
    """
    try:
        id_ = uuid.UUID(checkpoint)
    except ValueError:
        return None
    if id_.version != 6:
        return None
    ticks = (id_.int >> 80) << 12 | (id_.int >> 64) & 0xFFF
    return (ticks - _GREGORIAN) / 10_000_000


@dataclass(slots=True)
class _Thread:
    ids: set[str] = field(default_factory=set[str])
    origins: dict[str, Origin] = field(default_factory=dict[str, Origin])
    made: set[str] = field(default_factory=set[str])
    """Root checkpoints that this process has stored since it took the thread."""
    begun: set[str] = field(default_factory=set[str])
    """Keys of effects that it has begun since then."""
    waiting: list[tuple[set[str], Future[None]]] = field(
        default_factory=list["tuple[set[str], Future[None]]"]
    )
    broken: bool = False
    """Whether something could not be stored since this process took the thread."""


class Stored:
    """What the checkpointers of a process have stored and read; used from any thread."""

    def __init__(self) -> None:
        self._threads: OrderedDict[str, _Thread] = OrderedDict()
        self._lock = threading.Lock()

    def kept(self, thread: str) -> None:
        """Note that a checkpointer of this process keeps a thread, which may still be empty."""
        with self._lock:
            self._of(thread)

    def note(
        self, thread: str, checkpoint: str, origin: Origin | None = None, *, made: bool = False
    ) -> None:
        """Note that a checkpoint is stored.

        Args:
            thread: Whose it is.
            checkpoint: Its id.
            origin: Where it comes from, for those of a root graph.
            made: Whether this process has just stored it, rather than read it.
        """
        with self._lock:
            known = self._of(thread)
            known.ids.add(checkpoint)
            if made:
                known.made.add(checkpoint)
            if origin is not None:
                known.origins[checkpoint] = origin
            ready = [done for ids, done in known.waiting if ids <= known.ids]
            known.waiting = [w for w in known.waiting if not w[0] <= known.ids]
        for done in ready:
            done.set_result(None)

    def failed(self, thread: str, error: BaseException) -> None:
        """Note that a checkpoint or a write could not be stored: nobody waits any longer."""
        with self._lock:
            known = self._of(thread)
            known.broken = known.broken or isinstance(error, Exception)
            left, known.waiting = known.waiting, []
        for _, done in left:
            done.set_exception(error)

    def taken(self, thread: str) -> None:
        """Note that the thread was taken anew: others may have worked on it meanwhile."""
        with self._lock:
            known = self._of(thread)
            known.made, known.begun, known.broken = set(), set(), False

    def is_broken(self, thread: str) -> bool:
        """Whether the run stops because something of it could not be stored; a resume goes on."""
        with self._lock:
            known = self._threads.get(thread)
            return known is not None and known.broken

    def is_new(self, thread: str, checkpoint: str, key: str) -> bool:
        """Whether no effect of this key can have begun before; from now on it has.

        So it is when this process made the checkpoint it rests on, since it took the thread, and
        has not begun it.
        """
        with self._lock:
            known = self._threads.get(thread)
            if known is None:  # no checkpointer of ours keeps it
                return False
            new = checkpoint in known.made and key not in known.begun
            known.begun.add(key)
            return new

    def origin(self, thread: str, checkpoint: str) -> Origin | None:
        """Where a root graph's checkpoint comes from; `None` when this process has not seen it."""
        with self._lock:
            known = self._threads.get(thread)
            return None if known is None else known.origins.get(checkpoint)

    async def wait(self, thread: str, checkpoints: Iterable[str]) -> None:
        """Wait until all these are stored; at once for a thread that no checkpointer of ours keeps.

        Raises:
            StateUnavailable: One of the thread's could not be stored.
        """
        with self._lock:
            known = self._threads.get(thread)
            if known is None or (ids := set(checkpoints)) <= known.ids:
                return
            done: Future[None] = Future()
            known.waiting.append((ids, done))
        await asyncio.wrap_future(done)

    def _of(self, thread: str) -> _Thread:
        known = self._threads.setdefault(thread, _Thread())
        self._threads.move_to_end(thread)
        while len(self._threads) > THREADS and not next(iter(self._threads.values())).waiting:
            self._threads.popitem(last=False)
        return known
