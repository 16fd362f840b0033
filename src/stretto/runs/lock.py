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
from typing import TYPE_CHECKING, Any, Protocol

from stretto.errors import MissingExtra, StateUnavailable, ThreadBusy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    import psycopg

POLL = 0.05
"""Seconds between two attempts to get a lock."""


_TERMINATED_SECONDS = 10.0
"""How long Postgres may take to end the session of who held a thread."""
_TERMINATE = """
SELECT pg_terminate_backend(held.pid) FROM pg_locks AS held,
    (SELECT hashtextextended(%s, 7) AS key) AS wanted
WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
    AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND held.classid::bigint = (wanted.key >> 32) & 4294967295
    AND held.objid::bigint = wanted.key & 4294967295
    AND held.pid <> pg_backend_pid()
"""


class Held(Protocol):
    """A lock that is held."""

    async def stands(self) -> bool:
        """Whether nobody has taken it away since."""
        ...


class Locks(Protocol):
    """Locks of threads, by thread id."""

    def hold(
        self, thread: str, *, wait: float, take_over: bool = False
    ) -> AbstractAsyncContextManager[Held]:
        """Hold the thread; wait at most `wait` seconds for it, or take it from who holds it.

        Who loses it can no longer write: see `Storage.taken`.

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
    async def hold(
        self, thread: str, *, wait: float, take_over: bool = False
    ) -> AsyncGenerator[Held]:
        """Hold the thread; see `Locks.hold`."""
        path = self._folder / f"{sha256(thread.encode()).hexdigest()[:32]}.lock"
        lock = _FileLock(path)
        if take_over and not await asyncio.to_thread(lock.acquire):
            await asyncio.to_thread(path.unlink, missing_ok=True)
        try:
            await _acquire(lambda: asyncio.to_thread(lock.acquire), thread, wait)
            yield lock
        finally:
            lock.close()


class _FileLock:
    """A lock on the file that has the path now: a take-over gives the path another file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    def acquire(self) -> bool:
        """Try to get the lock.

        Raises:
            StateUnavailable: The file cannot be opened.
        """
        if self._handle < 0 or not self._is_current():
            self.close()
            self._handle = self._open(self._path)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return self._is_current()

    def close(self) -> None:
        """Let go of it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    async def stands(self) -> bool:
        """Whether the path still has the file that is locked."""
        return await asyncio.to_thread(self._is_current)

    def _is_current(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except FileNotFoundError:
            return False

    @staticmethod
    def _open(path: Path) -> int:
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
    async def hold(
        self, thread: str, *, wait: float, take_over: bool = False
    ) -> AsyncGenerator[Held]:
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
            if take_over and not await lock():
                await connection.execute(_TERMINATE, [thread])
                wait = max(wait, _TERMINATED_SECONDS)
            await _acquire(lock, thread, wait)
            try:
                yield _Session(connection)
            finally:  # closing alone frees it too, but the server may take its time
                with suppress(psycopg.Error):
                    await connection.execute("SELECT pg_advisory_unlock_all()")


class _Session:
    """An advisory lock: it stands as long as its session."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection

    async def stands(self) -> bool:
        """Whether the session lives."""
        try:
            await self._connection.execute("SELECT 1")
        except Exception:  # noqa: BLE001 - psycopg is imported only where it is used
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
