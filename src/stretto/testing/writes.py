"""What is written to a storage, counted; and a process killed or a write failed at any of it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from stretto.errors import InvalidInput, StateUnavailable

if TYPE_CHECKING:
    from stretto.runs import Storage

When: TypeAlias = Literal["before", "after"]
Kind: TypeAlias = Literal["journal", "checkpoint"]
Act: TypeAlias = Callable[[int, When], None]
"""Called with a write's number, counted from 1, before and after it; what it raises fails it."""


@dataclass(slots=True)
class Writes:
    """The writes to a storage since they are counted, in the order in which they began."""

    kinds: list[Kind] = field(default_factory=list[Kind])
    """`journal`: a batch of records; `checkpoint`: a checkpoint, or what a task wrote. Taking the
    thread is a write of both."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.kinds)

    def note(self, kind: Kind, only: Kind | None = None) -> int:
        """Count one; gives its number, from 1, among those of the kind `only`, 0 if it is none."""
        with self._lock:
            self.kinds.append(kind)
            if only is None:
                return len(self.kinds)
            return self.kinds.count(only) if kind == only else 0


def count_writes(storage: Storage) -> Writes:
    """Count the writes to a storage from now on."""
    return _watched(storage, lambda _number, _when: None)


def at_write(
    storage: Storage,
    n: int,
    do: Callable[[], object],
    when: When = "before",
    *,
    kind: Kind | None = None,
) -> Writes:
    """Do something at the n-th write of journal or checkpoints from now.

    Args:
        storage: What is written to.
        n: Which write, counted from 1. With fewer writes nothing happens.
        do: Called in the thread that writes. What it raises before the write fails the write.
        when: Before the write, or when it is stored and nobody has been told so.
        kind: Count only writes of this kind. How many batches the journal makes depends on how
            fast the machine is; how many checkpoints there are, on the graph alone.

    Raises:
        InvalidInput: `n` is below 1.
    """
    _from_one(n)

    def act(number: int, now: When) -> None:
        if (number, now) == (n, when):
            do()

    return _watched(storage, act, kind)


def kill_at(storage: Storage, n: int, when: When = "before", *, kind: Kind | None = None) -> Writes:
    """Kill this process, as `kill -9` does, at the n-th write; otherwise as `at_write`."""
    return at_write(storage, n, lambda: os.kill(os.getpid(), signal.SIGKILL), when, kind=kind)


def fail_at(
    storage: Storage,
    n: int,
    error: Exception | None = None,
    *,
    times: int | None = None,
    kind: Kind | None = None,
) -> Writes:
    """Let the n-th write of journal or checkpoints from now fail, and those that follow.

    Args:
        storage: What is written to.
        n: The first write that fails, counted from 1. A write that is tried again counts again.
        error: What it raises; by default `StateUnavailable`, as when the database is gone.
        times: How many fail before they succeed again; `None` for all.
        kind: Count, and fail, only writes of this kind; as for `at_write`.

    Raises:
        InvalidInput: `n` is below 1.
    """
    _from_one(n)
    raised = error or StateUnavailable("the storage was told to fail. This is a test.")

    def act(number: int, now: When) -> None:
        if now == "before" and number >= n and (times is None or number < n + times):
            raise raised

    return _watched(storage, act, kind)


class _Saver:
    """A checkpointer whose writes are watched; all else is its own."""

    def __init__(self, saver: Any, writes: Writes, act: Act, only: Kind | None) -> None:
        self._saver, self._writes, self._act = saver, writes, act
        self._only: Kind | None = only

    def __getattr__(self, name: str) -> Any:
        return getattr(self._saver, name)

    def with_allowlist(self, *given: Any) -> _Saver:
        inner = self._saver.with_allowlist(*given)
        return _Saver(inner, self._writes, self._act, self._only)

    async def take(self, *given: Any) -> Any:
        return await self._done(self._saver.take, *given)

    async def aput(self, *given: Any, **told: Any) -> Any:
        return await self._done(self._saver.aput, *given, **told)

    async def aput_writes(self, *given: Any, **told: Any) -> Any:
        return await self._done(self._saver.aput_writes, *given, **told)

    async def _done(self, work: Callable[..., Awaitable[Any]], *given: Any, **told: Any) -> Any:
        number = self._writes.note("checkpoint", self._only)
        self._act(number, "before")
        stored = await work(*given, **told)
        self._act(number, "after")
        return stored


def _watched(storage: Storage, act: Act, only: Kind | None = None) -> Writes:
    writes = Writes()
    saver: Any = storage.checkpointer
    saver.inner = _Saver(saver.inner, writes, act, only)
    backend = vars(storage.journal)["_backend"]
    write: Callable[[Any], Any] = backend.write

    def watched(work: Any) -> Any:
        number = writes.note("journal", only)
        act(number, "before")
        stored = write(work)
        act(number, "after")
        return stored

    backend.write = watched
    return writes


def _from_one(n: int) -> None:
    if n < 1:
        raise InvalidInput(f"there is no write number {n}. Writes are counted from 1.")
