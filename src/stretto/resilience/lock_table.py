"""Locks of many machines: advisory locks in Postgres, which end with the session that has them.

An advisory lock rather than a row with a lease: nobody loses it while its process stands still, no
clock is compared, and the kernel of a killed process closes the session at once. A row beside it
keeps the number of takings.
"""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from stretto.errors import MissingExtra, StateUnavailable
from stretto.home import without_password
from stretto.resilience.lock_keeper import Worker
from stretto.resilience.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import psycopg

T = TypeVar("T")

SPACE = 11
"""The seed under which names become keys of advisory locks; threads have another."""
MAKING = 0x5374724C
"""The advisory lock of the process that makes the tables."""
_TABLES = f"""
SET statement_timeout = '10s';
BEGIN;
SELECT pg_advisory_xact_lock({MAKING});
CREATE TABLE IF NOT EXISTS stretto_locks (
    name text PRIMARY KEY, number bigint NOT NULL, holder text NOT NULL,
    taken timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE IF NOT EXISTS stretto_lock_waits (
    process text PRIMARY KEY, told text NOT NULL, at timestamptz NOT NULL);
COMMIT;
"""
_SILENT = """
SET tcp_keepalives_idle = {silent}; SET tcp_keepalives_interval = {silent};
SET tcp_keepalives_count = 2; SET tcp_user_timeout = {most};
"""
_TRY = f"SELECT pg_try_advisory_lock(hashtextextended(%s, {SPACE}))"
_UNLOCK = f"SELECT pg_advisory_unlock(hashtextextended(%s, {SPACE}))"
_NUMBER = """
INSERT INTO stretto_locks (name, number, holder) VALUES (%s, 1, %s)
ON CONFLICT (name) DO UPDATE SET number = stretto_locks.number + 1, holder = excluded.holder,
    taken = clock_timestamp()
RETURNING number
"""
_HOLDER = "SELECT holder FROM stretto_locks WHERE name = %s"
_TELL = """
INSERT INTO stretto_lock_waits (process, told, at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (process) DO UPDATE SET told = excluded.told, at = excluded.at
"""
_TOLD = "SELECT process, told FROM stretto_lock_waits"
_STALE = "DELETE FROM stretto_lock_waits WHERE at < clock_timestamp() - interval '60 s'"
_WITHDRAW = "DELETE FROM stretto_lock_waits WHERE process = %s"


class LockTable:
    """The locks at a database, in one session of this process, used by one thread of its own.

    Args:
        url: The database.
        lease: Seconds after which the server ends the session of a machine that is not heard of.
    """

    def __init__(self, url: str, lease: float) -> None:
        self.url, self.lease, self._process = url, lease, os.getpid()
        self.worker = Worker("locks")
        self.session: psycopg.Connection[Any] | None = None
        self.held: set[str] = set()
        """What this session has: Postgres itself would give it twice to one session."""

    def attempt(self, name: str, holder: str) -> KeptRow | None:
        """See `Keeper.attempt`."""

        def take(session: psycopg.Connection[Any]) -> KeptRow | None:
            if name in self.held or not _first(session, _TRY, name):
                return None
            self.held.add(name)
            return KeptRow(self, session, name, int(_first(session, _NUMBER, name, holder)))

        return self._do(f"take the lock {name!r}", take)

    def holder(self, name: str) -> str:
        """See `Keeper.holder`."""
        return str(self._do("read a lock", lambda session: _first(session, _HOLDER, name)) or "")

    def exchange(self, process: str, told: Callable[[], str]) -> Mapping[str, str]:
        """See `Keeper.exchange`."""

        def tell(session: psycopg.Connection[Any]) -> Mapping[str, str]:
            session.execute(_STALE.encode())
            session.execute(_TELL.encode(), [process, told()])
            return dict(session.execute(_TOLD.encode()).fetchall())

        return self._do("tell of a wait", tell)

    def withdraw(self, process: str) -> None:
        """See `Keeper.withdraw`."""
        with suppress(StateUnavailable):
            self._do("tell of a wait", lambda s: s.execute(_WITHDRAW.encode(), [process]))

    def drop(self) -> None:
        """End the session; what it has is free then."""
        session, self.session = self.session, None
        self.held.clear()
        if session is not None:
            with suppress(Exception):
                session.close()

    def close(self) -> None:
        """End its thread and its session; not those of a process that this one was forked from."""
        if os.getpid() != self._process:
            return
        self.worker.submit(self.drop).result()
        self.worker.stop()

    def _do(self, what: str, job: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Do it in the session, made anew where it is gone: then all that it had is lost.

        Raises:
            StateUnavailable: The database cannot be used.
        """
        import psycopg

        try:
            if self.session is None or self.session.closed:
                self.held.clear()
                self.session = self._opened()
            return job(self.session)
        except psycopg.Error as error:
            self.drop()
            raise StateUnavailable(
                f"cannot {what} in {without_password(self.url)} ({type(error).__name__}). Check "
                "that the server runs and that STRETTO_DATABASE_URL is right."
            ) from error

    def _opened(self) -> psycopg.Connection[Any]:
        import psycopg

        silent, most = max(1, int(self.lease / 3)), int(self.lease * 1000)
        session: psycopg.Connection[Any] = psycopg.connect(
            self.url,
            autocommit=True,
            connect_timeout=5,
            application_name="stretto locks",
            keepalives_idle=silent,
            keepalives_interval=silent,
            keepalives_count=2,
            tcp_user_timeout=most,
        )
        session.execute(_SILENT.format(silent=silent, most=most).encode())
        session.execute(_TABLES.encode())
        return session


class KeptRow:
    """An advisory lock and its number; it stands as long as its session."""

    def __init__(
        self, table: LockTable, session: psycopg.Connection[Any], name: str, number: int
    ) -> None:
        self.number = number
        self._table, self._session, self._name = table, session, name

    def stands(self) -> bool:
        """See `Kept.stands`."""
        return self._alive() and self._asked("SELECT 1")

    def close(self) -> bool:
        """See `Kept.close`."""
        if not self._alive():
            return False
        self._table.held.discard(self._name)
        return self._asked(_UNLOCK, self._name)

    def _alive(self) -> bool:
        return self._table.session is self._session and self._name in self._table.held

    def _asked(self, query: str, *values: str) -> bool:
        try:
            return bool(_first(self._session, query, *values))
        except Exception:  # noqa: BLE001 - psycopg is imported only where it is used
            self._table.drop()  # a lock that may not be given back is not kept
            return False


def _first(session: psycopg.Connection[Any], query: str, *values: str) -> Any:
    row = session.execute(query.encode(), values).fetchone()
    return row[0] if row else None


_LOCK_TABLES: Names[tuple[float, int], LockTable] = Names("lock table", LockTable.close)
_AT_EXIT = threading.Lock()


def lock_table(url: str, lease: float) -> LockTable:
    """The locks at that URL; those of the process that have an equal lease share a session.

    Raises:
        MissingExtra: Postgres needs the extra "postgres".
    """
    try:
        import psycopg  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError as error:
        raise MissingExtra("A lock shared through Postgres", "postgres") from error
    if _AT_EXIT.acquire(blocking=False):
        atexit.register(_LOCK_TABLES.forget)
    rule = lease, os.getpid()  # a process that is forked has a session of its own
    return _LOCK_TABLES.get(url, rule, lambda: LockTable(url, lease), named=False)
