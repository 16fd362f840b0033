"""One at a time: a lock by name, for all tasks, threads, runs and processes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from stretto import home
from stretto.errors import BulkheadFull, InvalidInput, LockBusy
from stretto.resilience.bulkhead import Bulkhead
from stretto.resilience.lock_files import Files, files_worker
from stretto.resilience.lock_keeper import ended, in_thread, process_name
from stretto.resilience.waiting import GRAPH, WITHIN, waiting_for, who
from stretto.resilience.waiting_board import Board, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from stretto.resilience.bulkhead import Permit
    from stretto.resilience.bulkhead_permits import Hold
    from stretto.resilience.lock_keeper import Keeper, Kept, Worker

logger = logging.getLogger(__name__)

POLL, LONGEST = 0.02, 0.25
"""Seconds between two attempts to get a lock that another process has; each wait is twice as long
as the one before, up to `LONGEST`."""
LEASE = 15.0
"""Seconds after which a machine that is not heard of loses its locks in a database."""


class LockToken:
    """Says that a lock is held, and under which number."""

    __slots__ = ("_kept", "_worker", "name", "number")

    def __init__(self, name: str, kept: Kept, worker: Worker) -> None:
        self.name = name
        self.number = kept.number
        """Higher than those of all who had the lock before: give it to what you write to, and let
        that refuse lower ones."""
        self._kept, self._worker = kept, worker

    async def stands(self) -> bool:
        """Whether the lock has not been lost: its database went away, someone removed its file."""
        return await in_thread(self._worker, self._kept.stands)


class Lock:
    """A lock as this process has it: those within it queue here, one of them asks the others.

    Args:
        name: What it is called.
        keeper: Keeps it for all processes.
    """

    def __init__(self, name: str, keeper: Keeper) -> None:
        self.name, self.keeper = name, keeper
        self.room = Bulkhead(name, 1, f"lock {name!r}", f"lock:{name}")
        self.kept: Kept | None = None
        """What the holder here, and those who borrow it, have."""
        self.board = Board()

    def give_back(self, hold: Hold) -> None:
        """Let a holder leave; those here who wait get the lock once it is free for all."""
        if self.room.closes(hold):
            kept, self.kept = self.kept, None
            try:
                if kept is not None and not kept.close():
                    logger.warning(
                        "the lock %r was lost while it was held, so another may have had it too. "
                        "See that its database stays up and its file is left alone; "
                        "what compares the numbers of tokens is safe.",
                        self.name,
                    )
            finally:
                self.room.leave(hold)


class Told(Protocol):
    """Is told of a wait that is over."""

    def __call__(self, *, name: str, seconds: float) -> None:
        """Take the lock's name and the seconds waited."""
        ...


class Locking:
    """A lock, asked for by entering it; used once.

    Args:
        lock: Which; found when it is entered.
        wait: The most seconds to wait for it.
        told: Is told how long it was waited for.
    """

    def __init__(self, lock: NamedLock, wait: float | None, told: Told | None = None) -> None:
        self._named, self._wait, self._told = lock, wait, told
        self._used = False
        self._entered: tuple[Lock, Permit] | None = None

    async def __aenter__(self) -> LockToken:
        if self._used:
            raise InvalidInput(
                f"one `lock({self._named.name!r})` is entered a second time. "
                "Call `lock` anew for each `async with`."
            )
        self._used = True
        began = time.monotonic()
        lock = await self._named.found()
        permit = lock.room.permit(self._wait)
        try:
            waited = await permit.__aenter__()
        except BulkheadFull as full:
            holder = next(iter(lock.room.holders()), "").partition(" held by ")[2]
            raise LockBusy(lock.name, holder, full.seconds) from None
        self._entered = lock, permit
        try:
            if lock.kept is None:
                lock.kept, beyond = await self._kept(lock, began)
                waited = waited or beyond
            if self._told is not None and waited:
                self._told(name=lock.name, seconds=time.monotonic() - began)
            return LockToken(lock.name, lock.kept, lock.keeper.worker)
        except BaseException as error:
            await self.__aexit__(type(error), error, None)
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        entered, self._entered = self._entered, None
        if entered is None:
            return
        lock, permit = entered
        permit.left()
        if permit.hold is None:
            return
        left = lock.keeper.worker.submit(partial(lock.give_back, permit.hold))
        if kind is not GeneratorExit:  # the garbage collector does not wait
            await ended(left)

    async def _kept(self, lock: Lock, began: float) -> tuple[Kept, bool]:
        """Take it from the keeper; also says whether another process had it meanwhile."""
        holder = f"{who()}, process {os.getpid()} on {socket.gethostname()}"
        take = partial(lock.keeper.attempt, lock.name, holder)
        kept = await in_thread(lock.keeper.worker, take, late=_close)
        if kept is not None:
            return kept, False
        own, failed = WITHIN.get(), list[BaseException]()
        with waiting_for(
            f"lock {lock.name!r}",
            None if own is None else own.outer,  # what it does not have yet holds nobody up
            tuple,
            failed.append,
            bounded=self._wait is not None,
            key=lock.room.key,
        ):
            return await self._polled(lock, take, began, failed), True

    async def _polled(
        self, lock: Lock, take: Callable[[], Kept | None], began: float, failed: list[BaseException]
    ) -> Kept:
        """Ask the keeper again and again; it cannot tell when another process is done."""
        worker, pause, looked = lock.keeper.worker, POLL, False
        try:
            while True:
                left = None if self._wait is None else began + self._wait - time.monotonic()
                if left is not None and left <= 0:
                    holder = await in_thread(worker, partial(lock.keeper.holder, lock.name))
                    raise LockBusy(lock.name, holder, self._wait or 0.0)
                await asyncio.sleep(pause if left is None else min(pause, left))
                pause = min(LONGEST, pause * 2)
                kept = await in_thread(worker, take, late=_close)
                if kept is not None:
                    return kept
                if pause == LONGEST and (looked or GRAPH.waits()):
                    looked = True
                    await in_thread(worker, partial(_look, lock))
                if failed:
                    raise failed[0]
        finally:
            if looked:
                worker.submit(partial(lock.keeper.withdraw, process_name()))


def _look(lock: Lock) -> None:
    """Look for cycles through other processes."""
    lock.board.look(lock.keeper.exchange(process_name(), told))


def _close(kept: Kept | None) -> None:
    if kept is not None:
        kept.close()


_LOCKS: WeakValueDictionary[tuple[str, str, int], Lock] = WeakValueDictionary()
_FINDING = threading.Lock()


@dataclass(frozen=True, slots=True)
class NamedLock:
    """A lock by its name, wherever state is kept when it is taken."""

    name: str
    lease: float = LEASE

    async def found(self) -> Lock:
        """The one of that name, the same for all who use it at a time.

        Raises:
            StateUnavailable, InvalidInput, MissingExtra: There is no place to keep it.
        """
        url = home.database_url()
        if url is not None:
            from stretto.resilience.lock_table import lock_table

            return _shared(url, self.name, lock_table(url, self.lease))
        folder = (await in_thread(files_worker(), home.state_home)) / "locks" / "named"
        return _shared(str(folder), self.name, Files(folder))


def _shared(place: str, name: str, keeper: Keeper) -> Lock:
    key = place, name, os.getpid()
    with _FINDING:
        found = _LOCKS.get(key)
        if found is None:
            found = _LOCKS[key] = Lock(name, keeper)
        return found
