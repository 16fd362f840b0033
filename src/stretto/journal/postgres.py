"""The journal in a Postgres database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from stretto.errors import StateBusy, StateUnavailable, StateUnreadable
from stretto.home import without_password
from stretto.journal.backend import RUNS, VERSION, Tip
from stretto.journal.migration import move
from stretto.journal.privacy import Privacy

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence

    from stretto.journal.backend import Kept, Link, Session, T, Values

CONNECT_SECONDS = 10
"""How long to wait for a server that does not answer."""
SETUP = 0x53747243
"""The advisory lock of the process that makes LangGraph's tables."""
LOCK_SECONDS, IDLE_SECONDS = 1, 5
"""How long the journal's writer waits inside the server for another one; and after how long the
server ends a transaction whose client is gone, so that it does not hold up all others."""
LOCK = 0x5374724A
"""The advisory lock that writers take, so that records are seen in the order of their `seq`."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS stretto_journal (version integer NOT NULL)",
    "INSERT INTO stretto_journal (version) SELECT 0 WHERE NOT EXISTS (TABLE stretto_journal)",
    """CREATE TABLE stretto_records (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        thread text NOT NULL,
        position bigint NOT NULL,
        run text NOT NULL,
        type text NOT NULL,
        time double precision NOT NULL,
        key text,
        family text,
        prev text NOT NULL,
        hash text NOT NULL,
        body text NOT NULL
    )""",
    "CREATE UNIQUE INDEX stretto_chain ON stretto_records (thread, position) INCLUDE (seq)",
    f"CREATE INDEX stretto_runs ON stretto_records (seq) WHERE {RUNS}",
    "CREATE INDEX stretto_keys ON stretto_records (thread, key) WHERE key IS NOT NULL",
    "CREATE INDEX stretto_families ON stretto_records (thread, family) WHERE family IS NOT NULL",
    """CREATE TABLE stretto_payloads (
        thread text NOT NULL,
        digest text NOT NULL,
        kind text NOT NULL,
        exact boolean NOT NULL,
        body bytea NOT NULL,
        PRIMARY KEY (thread, digest)
    )""",
    """CREATE TABLE stretto_fences (
        thread text PRIMARY KEY,
        number bigint NOT NULL,
        dropped bigint NOT NULL
    )""",
)
"""What makes an empty database a journal."""
_AWAY = (
    "DROP INDEX stretto_records_by_thread",
    "DROP INDEX stretto_runs",
    "ALTER TABLE stretto_records RENAME TO stretto_records_1",
)
_COUNTED = """
SELECT setval(pg_get_serial_sequence('stretto_records', 'seq'), max(seq)) FROM stretto_records
HAVING max(seq) IS NOT NULL
"""

# What psycopg would print of a lost connection, our errors tell.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_LIMITS = f"""
SET lock_timeout = '{LOCK_SECONDS}s'; SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'
"""
_BEGIN = "SELECT pg_advisory_xact_lock(%s), txid_current()"
_INSERT = """
INSERT INTO stretto_records
    (thread, position, run, type, time, key, family, prev, hash, body)
SELECT thread, position, run, type, time, key, family, prev, hash, body
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::float8[], %s::text[],
    %s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY
    AS given (thread, position, run, type, time, key, family, prev, hash, body, place)
ORDER BY place
RETURNING seq
"""
_KEEP = """
INSERT INTO stretto_payloads (thread, digest, kind, exact, body)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bool[], %s::bytea[])
ON CONFLICT DO NOTHING
"""
_TIPS = """
SELECT given.thread, r.position, r.hash, f.number, f.dropped
FROM unnest(%s::text[]) AS given (thread)
LEFT JOIN LATERAL (
    SELECT position, hash FROM stretto_records
    WHERE thread = given.thread ORDER BY position DESC LIMIT 1
) r ON true
LEFT JOIN stretto_fences f ON f.thread = given.thread
"""


@contextmanager
def translated(url: str) -> Generator[None]:
    """Raise the errors of psycopg as ours; none tells the password."""
    try:
        yield
    except psycopg.Error as error:
        held = isinstance(error, psycopg.errors.LockNotAvailable)
        raise (StateBusy if held else StateUnavailable)(_reason(error, url)) from None


def _reason(error: Exception, url: str) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    with contextlib.suppress(ValueError):
        for secret in {urlsplit(url).password or "", unquote(urlsplit(url).password or "")} - {""}:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", "***", text)
    return (
        f"cannot use the database {without_password(url)!r}: {text}. "
        "Check that the server runs and that STRETTO_DATABASE_URL is right."
    )


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that commits by itself unless told otherwise.

    Raises:
        StateUnavailable: No server, no such database, or a wrong password.
    """
    with translated(url):
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)


@asynccontextmanager
async def open_pool(url: str) -> AsyncGenerator[AsyncConnectionPool[Any]]:
    """A pool of connections for LangGraph's checkpointer, once the server has answered.

    Raises:
        StateUnavailable: No server, no such database, or a wrong password.
    """
    (await asyncio.to_thread(connect, url)).close()
    options = {"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    async with AsyncConnectionPool(url, kwargs=options, min_size=1, max_size=8, open=False) as pool:
        yield pool


@asynccontextmanager
async def setting_up(pool: AsyncConnectionPool[Any]) -> AsyncGenerator[None]:
    """Let one process at a time make LangGraph's tables.

    It asks for the lock again and again: a process that waited inside the database would keep the
    other's `CREATE INDEX CONCURRENTLY` waiting for ever.
    """
    async with pool.connection() as connection:
        while True:
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s) AS got", (SETUP,))
            if ((await cursor.fetchone()) or {}).get("got"):
                break
            await asyncio.sleep(0.05)
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s)", (SETUP,))


class PostgresBackend:
    """Records in a Postgres database that several machines may write at once."""

    def __init__(self, url: str, privacy: Privacy | None = None) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._closed = False
        self._doubt: _Doubt | None = None
        self._writing = connect(url)
        try:
            with translated(url):
                _migrate(self._writing, url, privacy or Privacy())
                self._writing.execute(_LIMITS.encode())
            self._reading = connect(url)
        except BaseException:
            self._writing.close()
            raise

    def write(self, work: Callable[[Session], T]) -> T:
        """See `Backend.write`."""
        with translated(self.url):
            if self._writing.closed and not self._closed:
                self._writing = connect(self.url)
                self._writing.execute(_LIMITS.encode())
            if self._doubt is not None and self._doubt.work is work:
                result: T = self._doubt.result
                if self._happened(self._doubt.transaction):
                    self._doubt = None
                    return result
            self._doubt = None
            with self._writing.transaction():
                row = self._writing.execute(_BEGIN, [LOCK]).fetchone()
                result = work(PostgresSession(self._writing))
                self._doubt = _Doubt(work, row[1] if row else 0, result)
            self._doubt = None
            return result

    def _happened(self, transaction: int) -> bool:
        """Whether a transaction was committed though the connection was lost before it was told."""
        # Its backend may not have noticed yet: the lock is free when it has ended.
        with self._writing.transaction():
            self._writing.execute(_BEGIN, [LOCK])
            row = self._writing.execute("SELECT txid_status(%s)", [transaction]).fetchone()
        return row is not None and row[0] == "committed"

    def read(self, query: str, *values: object) -> list[Values]:
        """See `Backend.read`; a connection that was lost is made again once."""
        with self._lock, translated(self.url):
            try:
                return self._rows(query, values)
            except psycopg.OperationalError:
                if not self._reading.closed:
                    raise
                return self._rows(query, values)

    def _rows(self, query: str, values: Sequence[object]) -> list[Values]:
        if self._reading.closed and not self._closed:
            self._reading = connect(self.url)
        return self._reading.execute(_sql(query), values).fetchall()

    def scrub(self) -> None:
        """See `Backend.scrub`; the rows deleted go from the tables, from the disk in their time."""
        with translated(self.url):
            self._writing.execute("VACUUM stretto_payloads")

    def close(self) -> None:
        """See `Backend.close`."""
        self._closed = True
        self._writing.close()
        with self._lock:
            self._reading.close()


class _Doubt(NamedTuple):
    """A transaction whose commit may have been lost on the way, or its answer."""

    work: object
    transaction: int
    result: Any


class PostgresSession:
    """A transaction in a Postgres database; see `Session`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def rows(self, query: str, *values: object) -> list[Values]:
        """See `Session.rows`."""
        return self._connection.execute(_sql(query), values).fetchall()

    def many(self, query: str, values: Iterable[Sequence[object]]) -> None:
        """See `Session.many`."""
        with self._connection.cursor() as cursor:
            cursor.executemany(_sql(query), values)

    def tips(self, threads: Sequence[str]) -> dict[str, Tip]:
        """See `Session.tips`."""
        found = self._connection.execute(_TIPS, [list(threads)])
        return {
            thread: Tip(0 if last is None else last + 1, mine or "", fence or 0, dropped or 0)
            for thread, last, mine, fence, dropped in found
        }

    def insert(self, links: Sequence[Link]) -> Sequence[int]:
        """See `Session.insert`."""
        return [seq for (seq,) in self._connection.execute(_INSERT, _columns(links))]

    def keep(self, payloads: Sequence[Kept]) -> None:
        """See `Session.keep`."""
        if payloads:
            self._connection.execute(_KEEP, _columns(payloads))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


@cache
def _sql(query: str) -> bytes:
    return query.replace("$", "stretto_").replace("?", "%s").encode()


def _migrate(connection: psycopg.Connection[Any], url: str, privacy: Privacy) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        version = _version(connection)
        if version > VERSION:
            raise StateUnreadable(
                f"the journal in {without_password(url)!r} was written by a newer Stretto "
                f"(version {version}, this one reads {VERSION}). Upgrade Stretto."
            )
        if version == VERSION:
            return
        for statement in (*(_AWAY if version else ()), *TABLES):
            connection.execute(statement.encode())
        if version:
            move(PostgresSession(connection), privacy, given="OVERRIDING SYSTEM VALUE")
            connection.execute(_COUNTED)
            connection.execute("DROP TABLE stretto_records_1")
        connection.execute("UPDATE stretto_journal SET version = %s", (VERSION,))


def _version(connection: psycopg.Connection[Any]) -> int:
    (known,) = connection.execute("SELECT to_regclass('stretto_journal')").fetchone() or (None,)
    if known is None:
        return 0
    row = connection.execute("SELECT version FROM stretto_journal").fetchone()
    return int(row[0]) if row else 0
