"""The table in Postgres that holds the states of breakers, for all processes that use it."""

from __future__ import annotations

import asyncio
import atexit
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from stretto.errors import MissingExtra
from stretto.home import without_password
from stretto.resilience.breaker import BreakerState, dumped, loaded
from stretto.resilience.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

logger = logging.getLogger(__name__)
T = TypeVar("T")

PATIENCE = 2.0
"""Seconds that a call waits for the database."""
PAUSE = 5.0
"""Seconds for which a database that could not be used is left alone."""
LOCK = 0x53744272
"""The advisory lock of the process that makes the table."""
_OPTIONS: dict[str, Any] = {
    "connect_timeout": 2,
    "tcp_user_timeout": 3000,
    "application_name": "stretto breakers",
}
# What a server forgets that crashes, the next failures tell it: no commit waits for its disk.
_TABLE = f"""
SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '2s';
SET synchronous_commit = off;
BEGIN;
SELECT pg_advisory_xact_lock({LOCK});
CREATE TABLE IF NOT EXISTS stretto_breakers (name text PRIMARY KEY, state text NOT NULL);
COMMIT;
"""
# The clock is read when the lock is there, not before it was waited for.
_READ = """
WITH held AS MATERIALIZED (SELECT state FROM stretto_breakers WHERE name = %s FOR UPDATE)
SELECT state, extract(epoch FROM clock_timestamp())::float8 FROM held
"""
_MAKE = "INSERT INTO stretto_breakers (name, state) VALUES (%s, %s) ON CONFLICT DO NOTHING"
_WRITE = "UPDATE stretto_breakers SET state = %s WHERE name = %s"


class Table:
    """The table at `url`, used by one thread of its own; asked from any thread and event loop."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="stretto-breakers")
        self._connection: psycopg.Connection[Any] | None = None
        self._down_until = float("-inf")
        self._down = False

    async def do(self, job: Callable[[], T]) -> T | None:
        """Do in the table's thread what uses `change`. `None` when the database cannot be used.

        What is once begun is done, also when the caller is cancelled.
        """
        if time.monotonic() < self._down_until:
            return None
        future = self._worker.submit(self._tried, job)
        await _ended(future, PATIENCE)
        if not future.done():
            future.cancel()
            self._failed("it does not answer")
            return None
        return future.result()

    def change(self, name: str, work: Callable[[BreakerState, float], tuple[BreakerState, T]]) -> T:
        """Change a state in one transaction, which others wait for; in a job of `do`.

        Args:
            name: Whose state.
            work: Given the state and the time of the database, in seconds since the epoch; returns
                the new state and a result.
        """
        connection = self._connected()
        with connection.transaction():
            found = connection.execute(_READ, [name]).fetchone()
            if found is None:
                connection.execute(_MAKE, [name, dumped(BreakerState())])
                found = connection.execute(_READ, [name]).fetchone() or ("", time.time())
            before = loaded(found[0])
            after, result = work(before, found[1])
            if after != before:
                connection.execute(_WRITE, [dumped(after), name])
        return result

    def close(self) -> None:
        """End its thread and its connection."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._drop()

    def _tried(self, job: Callable[[], T]) -> T | None:
        try:
            result = job()
        except Exception as error:  # noqa: BLE001 - no call fails for want of this database
            self._drop()
            self._failed(type(error).__name__)
            return None
        if self._down:
            self._down = False
            logger.info("breakers are shared again through %s", without_password(self.url))
        return result

    def _failed(self, why: str) -> None:
        self._down_until = time.monotonic() + PAUSE
        if not self._down:
            self._down = True
            logger.warning(
                "breakers are not shared with other processes while %s cannot be used (%s). Check "
                "that the server runs and that STRETTO_DATABASE_URL is right.",
                without_password(self.url),
                why,
            )

    def _connected(self) -> psycopg.Connection[Any]:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.url, autocommit=True, **_OPTIONS)
            self._connection.execute(_TABLE.encode())
        return self._connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()


async def _ended(future: Future[Any], seconds: float) -> None:
    """Wait until it has ended, at most so long, and leave it alone in any case."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def tell(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # the event loop was closed meanwhile
            loop.call_soon_threadsafe(ended.set)

    future.add_done_callback(tell)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()


_TABLES: Names[str, Table] = Names("table", Table.close)
_AT_EXIT = threading.Lock()


def table(url: str) -> Table:
    """The table at that URL; all breakers of the process that are kept there share it.

    Raises:
        MissingExtra: Postgres needs the extra "postgres".
    """
    try:
        import psycopg  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        raise MissingExtra("A breaker shared through Postgres", "postgres") from error
    if _AT_EXIT.acquire(blocking=False):
        atexit.register(_TABLES.forget)
    return _TABLES.get(url, url, lambda: Table(url))
