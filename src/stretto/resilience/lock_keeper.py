"""Where a lock is kept for all processes: what a keeper is, and the thread it works in."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import uuid
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")


class Kept(Protocol):
    """A lock that this process has; its methods are called in the keeper's thread."""

    number: int
    """Higher with each taking of the lock, by whomever."""

    def stands(self) -> bool:
        """Whether it was not lost since."""
        ...

    def close(self) -> bool:
        """Let go of it; says whether it had it until now."""
        ...


class Keeper(Protocol):
    """Keeps locks for many processes; its methods are called in its thread."""

    worker: Worker

    def attempt(self, name: str, holder: str) -> Kept | None:
        """Take the lock for `holder`, told for people; `None` when another process has it.

        Raises:
            StateUnavailable, StateUnreadable: It cannot be known who has it.
        """
        ...

    def holder(self, name: str) -> str:
        """Who took it last, as far as is known."""
        ...

    def exchange(self, process: str, told: Callable[[], str]) -> Mapping[str, str]:
        """Tell what waits in this process; gives what all processes have told, by process."""
        ...

    def withdraw(self, process: str) -> None:
        """Drop what this process has told."""
        ...


class Worker:
    """A thread of its own that does jobs in their order.

    What gives a lock back must not queue behind what blocks; and it may be given a job at any time,
    also by the garbage collector in the middle of giving it another, which an executor may not.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=f"stretto-{name}", daemon=True).start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Do it when its turn comes."""
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return future

    def stop(self) -> None:
        """End when what was given so far is done."""
        self._jobs.put(None)

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            future, job = given
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                future.set_exception(error)
            else:
                future.set_result(result)
            del given, future, job  # while it waits for the next it keeps nothing


async def in_thread(
    worker: Worker,
    job: Callable[[], T],
    *,
    late: Callable[[T], Any] | None = None,
) -> T:
    """Do it there. What has begun is done, also when the caller is cancelled.

    Args:
        worker: Where.
        job: What.
        late: Called there with the result when the caller was cancelled meanwhile.
    """
    future = worker.submit(job)
    try:
        await ended(future)
    except BaseException:
        if not future.cancel() and late is not None:
            worker.submit(partial(_undo, future, late))
        raise
    return future.result()


async def ended(future: Future[Any]) -> None:
    """Wait until it has ended, and leave it alone in any case."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the event loop was closed meanwhile
            loop.call_soon_threadsafe(event.set)

    future.add_done_callback(tell)
    await event.wait()


def process_name() -> str:
    """What this process is called among all; another one for each that is forked."""
    return _process_name(os.getpid())


@cache
def _process_name(pid: int) -> str:
    return f"{socket.gethostname()}-{pid}-{uuid.uuid4().hex[:8]}"


def _undo(future: Future[T], late: Callable[[T], Any]) -> None:
    if future.exception() is None:
        late(future.result())
