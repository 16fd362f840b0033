"""The journal in a Postgres database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.home import without_password
from stretto.journal.backend import VERSION, Row, Selection, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence
CONNECT_SECONDS = 10
"""How long to wait for a server that does not answer."""
SETUP = 0x53747243
"""The advisory lock of the process that makes LangGraph's tables."""
LOCK = 0x5374724A
"""The advisory lock that writers take, so that records are seen in the order of their `seq`."""

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE stretto_journal (version integer NOT NULL)",
        "INSERT INTO stretto_journal (version) VALUES (0)",
        """CREATE TABLE stretto_records (
            seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            thread text NOT NULL,
            run text NOT NULL,
            type text NOT NULL,
            time double precision NOT NULL,
            body text NOT NULL
        )""",
        "CREATE INDEX stretto_records_by_thread ON stretto_records (thread, seq)",
        """CREATE INDEX stretto_runs ON stretto_records (seq)
            WHERE type IN ('run_started', 'run_ended')""",
    ),
)
"""The statements that lead from each version to the next; the first from an empty database."""

# What psycopg would print of a lost connection, our errors tell.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

_READ = "SELECT seq, body FROM stretto_records WHERE $where ORDER BY seq"

_INSERT = """
INSERT INTO stretto_records (thread, run, type, time, body)
SELECT thread, run, type, time, body
FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::text[])
    WITH ORDINALITY AS given (thread, run, type, time, body, place)
ORDER BY place
RETURNING seq
"""


@contextmanager
def translated(url: str) -> Generator[None]:
    """Raise the errors of psycopg as ours; none tells the password."""
    try:
        yield
    except psycopg.Error as error:
        raise StateUnavailable(_reason(error, url)) from None


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

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._writing = connect(url)
        try:
            with translated(url):
                _migrate(self._writing, url)
            self._reading = connect(url)
        except BaseException:
            self._writing.close()
            raise

    def write(self, rows: Sequence[Row]) -> Sequence[int]:
        """See `Backend.write`."""
        if self._writing.closed:
            self._writing = connect(self.url)
        with translated(self.url), self._writing.transaction():
            self._writing.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            columns = [list(column) for column in zip(*rows, strict=True)]
            return [seq for (seq,) in self._writing.execute(_INSERT, columns)]

    def read(self, selection: Selection) -> list[Stored]:
        """See `Backend.read`."""
        where, values = selection.where("%s")
        rows = self._query(_READ.replace("$where", where), values)
        return [Stored(seq, body) for seq, body in rows]

    def updated(self) -> dict[str, float]:
        """See `Backend.updated`."""
        return dict(
            self._query("SELECT thread, max(time) FROM stretto_records GROUP BY thread", [])
        )

    def _query(self, query: str, values: list[object]) -> list[Any]:
        with self._lock, translated(self.url):
            if self._reading.closed:
                self._reading = connect(self.url)
            return self._reading.execute(query.encode(), values).fetchall()

    def close(self) -> None:
        """See `Backend.close`."""
        self._writing.close()
        with self._lock:
            self._reading.close()


def _migrate(connection: psycopg.Connection[Any], url: str) -> None:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        version = _version(connection)
        if version > VERSION:
            raise StateUnreadable(
                f"the journal in {without_password(url)!r} was written by a newer Stretto "
                f"(version {version}, this one reads {VERSION}). Upgrade Stretto."
            )
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                connection.execute(statement.encode())
        if version < VERSION:
            connection.execute("UPDATE stretto_journal SET version = %s", (VERSION,))


def _version(connection: psycopg.Connection[Any]) -> int:
    (known,) = connection.execute("SELECT to_regclass('stretto_journal')").fetchone() or (None,)
    if known is None:
        return 0
    row = connection.execute("SELECT version FROM stretto_journal").fetchone()
    return int(row[0]) if row else 0
