"""One writer a thread: a lock that its process cannot leave behind.

Files are locked by `flock`, databases by an advisory lock of the session: both end with the process
that holds them, also after `kill -9`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from stretto.errors import MissingExtra, StateUnavailable, ThreadBusy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

POLL = 0.05
"""Seconds between two attempts to get a lock."""


class Locks(Protocol):
    """Locks of threads, by thread id."""

    def hold(self, thread: str, *, wait: float) -> AbstractAsyncContextManager[None]:
        """Hold the thread; wait at most `wait` seconds for it.

        Raises:
            ThreadBusy: Another turn is still being written on it.
            StateUnavailable: The lock cannot be reached.
        """
        ...


class FileLocks:
    """Locks in a folder, one file a thread; for processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def hold(self, thread: str, *, wait: float) -> AsyncGenerator[None]:
        """Hold the thread; see `Locks.hold`."""
        path = self._folder / f"{sha256(thread.encode()).hexdigest()[:32]}.lock"
        handle = await asyncio.to_thread(self._open, path)
        try:
            await _acquire(lambda: _flock(handle), thread, wait)
            yield
        finally:
            os.close(handle)

    def _open(self, path: Path) -> int:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateUnavailable(
                f"cannot lock a thread in {str(path.parent)!r}: {error.strerror}. "
                "Set STRETTO_HOME to a folder that can be written."
            ) from error


class PostgresLocks:
    """Locks in a Postgres database; for processes of any machine."""

    def __init__(self, url: str) -> None:
        self._url = url

    @asynccontextmanager
    async def hold(self, thread: str, *, wait: float) -> AsyncGenerator[None]:
        """Hold the thread; see `Locks.hold`."""
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtra("State in Postgres", "postgres") from error
        try:
            connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
        except psycopg.OperationalError as error:
            raise StateUnavailable(
                f"cannot lock a thread in the database: {error}. Check STRETTO_DATABASE_URL."
            ) from error

        async def lock() -> bool:
            cursor = await connection.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 7))", [thread]
            )
            row = await cursor.fetchone()
            return bool(row and row[0])

        async with connection:
            await _acquire(lock, thread, wait)
            try:
                yield
            finally:  # closing alone frees it too, but the server may take its time
                with suppress(psycopg.Error):
                    await connection.execute("SELECT pg_advisory_unlock_all()")


async def _flock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _acquire(lock: Callable[[], Awaitable[bool]], thread: str, wait: float) -> None:
    deadline = asyncio.get_running_loop().time() + wait
    while not await lock():
        if asyncio.get_running_loop().time() >= deadline:
            raise ThreadBusy(
                f"another turn is being written on thread {thread!r}. Wait for it (--wait, or "
                f"`wait=` seconds; `stretto watch {thread}` follows it), or use another thread."
            )
        await asyncio.sleep(POLL)
