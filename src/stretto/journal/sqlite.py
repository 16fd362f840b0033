"""The journal in an SQLite file, and how any SQLite state file of ours is opened."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import StateBusy, StateUnavailable, StateUnreadable
from stretto.journal.backend import RUNS, VERSION, Tip
from stretto.journal.migration import move
from stretto.journal.privacy import Privacy

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from stretto.journal.backend import Kept, Link, Session, T, Values

APPLICATION_ID = 0x5374724A
"""Marks the file as a Stretto journal (`StrJ`), in SQLite's `application_id`."""
WAIT_SECONDS = 10.0
"""How long a write waits for another process's."""
_BUSY_MILLISECONDS = 100
"""How long the journal's writer waits inside SQLite; then it looks whether it is to end."""

TABLES = (
    """CREATE TABLE records (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        thread TEXT NOT NULL,
        position INTEGER NOT NULL,
        run TEXT NOT NULL,
        type TEXT NOT NULL,
        time REAL NOT NULL,
        key TEXT,
        family TEXT,
        prev TEXT NOT NULL,
        hash TEXT NOT NULL,
        body TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX chain ON records (thread, position)",
    f"CREATE INDEX runs ON records (seq) WHERE {RUNS}",
    "CREATE INDEX keys ON records (thread, key) WHERE key IS NOT NULL",
    "CREATE INDEX families ON records (thread, family) WHERE family IS NOT NULL",
    """CREATE TABLE payloads (
        thread TEXT NOT NULL,
        digest TEXT NOT NULL,
        kind TEXT NOT NULL,
        exact INTEGER NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (thread, digest)
    )""",
    """CREATE TABLE fences (
        thread TEXT PRIMARY KEY,
        number INTEGER NOT NULL,
        dropped INTEGER NOT NULL
    )""",
)
"""What makes an empty file a journal."""
_AWAY = (
    "DROP INDEX records_by_thread",
    "DROP INDEX runs",
    "ALTER TABLE records RENAME TO records_1",
)

_LAST = "SELECT position, hash FROM records WHERE thread = ? ORDER BY position DESC LIMIT 1"
_FENCE = "SELECT number, dropped FROM fences WHERE thread = ?"
_INSERT = """
INSERT INTO records (thread, position, run, type, time, key, family, prev, hash, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_KEEP = "INSERT OR IGNORE INTO payloads (thread, digest, kind, exact, body) VALUES (?, ?, ?, ?, ?)"

Check = Callable[[sqlite3.Connection, Path], object]
"""Raises `StateUnreadable` if a file is not what it should be."""

_HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_REMEDIES = {
    sqlite3.SQLITE_FULL: "Free some space, then resume.",
    sqlite3.SQLITE_READONLY: "Make the file and its folder writable, or set STRETTO_HOME.",
    sqlite3.SQLITE_CANTOPEN: "Check that its folder exists and is writable, or set STRETTO_HOME.",
    sqlite3.SQLITE_BUSY: "Another process holds it; stop that process or try again.",
    sqlite3.SQLITE_LOCKED: "Another process holds it; stop that process or try again.",
    sqlite3.SQLITE_IOERR: "Check the disk and its free space, then resume.",
}


def state_error(error: sqlite3.Error, path: Path | str) -> StateUnavailable | StateUnreadable:
    """What an error of SQLite means for the user of the file at `path`."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return StateUnreadable(
            f"{str(path)!r} is damaged or no SQLite file ({error}). "
            "It was left as it is; move it away to start a new one."
        )
    remedy = _REMEDIES.get(code, "Check the file, or set STRETTO_HOME to another folder.")
    kind = StateBusy if code in _HELD else StateUnavailable
    return kind(f"cannot use {str(path)!r}: {error}. {remedy}")


@contextmanager
def translated(path: Path | str) -> Generator[None]:
    """Raise SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise state_error(error, path) from error


def open_file(path: Path, check: Check) -> sqlite3.Connection:
    """Connect for speed and safety: WAL, `synchronous=NORMAL`, and waiting for other processes.

    The connection commits by itself unless told `BEGIN`; it may be used from any one thread at a
    time. A file that is not SQLite, or that `check` refuses, is left untouched.

    Raises:
        StateUnreadable: It is damaged, no SQLite file, or not ours.
        StateUnavailable: It cannot be opened.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnavailable(
            f"cannot make the folder of {str(path)!r}: {error.strerror}. "
            "Set STRETTO_HOME to a folder that can be written."
        ) from error
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            check(connection, path)
            _patiently(lambda: connection.execute("PRAGMA journal_mode=WAL"))
            connection.execute("PRAGMA synchronous=NORMAL")
        except (sqlite3.Error, StateUnreadable):
            connection.close()
            raise
    return connection


def _patiently(step: Callable[[], object]) -> None:
    """Repeat while another process is in the way: switching to WAL heeds no busy timeout."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            step()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


class SqliteBackend:
    """Records in an SQLite file that several processes may write at once."""

    def __init__(self, path: Path, privacy: Privacy | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._closed = False
        self._privacy = privacy or Privacy()
        self._writing, self._reading = self._connections()

    def write(self, work: Callable[[Session], T]) -> T:
        """See `Backend.write`."""
        with translated(self.path):
            self._check_place()
            with _transaction(self._writing):
                return work(SqliteSession(self._writing))

    def read(self, query: str, *values: object) -> list[Values]:
        """See `Backend.read`."""
        with translated(self.path), self._lock:
            return self._reading.execute(_sql(query), values).fetchall()

    def scrub(self) -> None:
        """See `Backend.scrub`; what is deleted is overwritten, and the write-ahead log emptied."""
        with translated(self.path):
            self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """See `Backend.close`."""
        self._closed = True
        self._writing.close()
        with self._lock:
            self._reading.close()

    def _connections(self) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        writing = open_file(self.path, _version)
        try:
            with translated(self.path):
                writing.execute("PRAGMA secure_delete=ON")
                _migrate(writing, self.path, self._privacy)
                writing.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
            self._file = self._identity()
            return writing, open_file(self.path, _version)
        except BaseException:
            writing.close()
            raise

    def _check_place(self) -> None:
        """Refuse to write a file that was deleted or moved; open the one that came in its place."""
        found = self._identity()
        if found == self._file or self._closed:
            return
        if found is None:
            raise StateUnavailable(
                f"the journal {str(self.path)!r} is gone. Put it back, then resume."
            )
        self._writing.close()
        with self._lock:
            self._reading.close()
            self._writing, self._reading = self._connections()

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


class SqliteSession:
    """A transaction in an SQLite file; see `Session`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, query: str, *values: object) -> list[Values]:
        """See `Session.rows`."""
        return self._connection.execute(_sql(query), values).fetchall()

    def many(self, query: str, values: Iterable[Sequence[object]]) -> None:
        """See `Session.many`."""
        self._connection.executemany(_sql(query), values)

    def tips(self, threads: Sequence[str]) -> dict[str, Tip]:
        """See `Session.tips`."""
        found: dict[str, Tip] = {}
        for thread in threads:
            last = self._connection.execute(_LAST, (thread,)).fetchone() or (-1, "")
            fence = self._connection.execute(_FENCE, (thread,)).fetchone() or (0, 0)
            found[thread] = Tip(last[0] + 1, last[1], *fence)
        return found

    def insert(self, links: Sequence[Link]) -> Sequence[int]:
        """See `Session.insert`."""
        self._connection.executemany(_INSERT, links)
        (last,) = self._connection.execute("SELECT last_insert_rowid()").fetchone()
        return range(last - len(links) + 1, last + 1)

    def keep(self, payloads: Sequence[Kept]) -> None:
        """See `Session.keep`."""
        self._connection.executemany(_KEEP, payloads)


@cache
def _sql(query: str) -> str:
    return query.replace("$", "")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    if connection.in_transaction:  # an earlier one could not be rolled back
        connection.execute("ROLLBACK")
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection, path: Path, privacy: Privacy) -> None:
    if _version(connection, path) == VERSION:
        return
    with _transaction(connection):
        found = _version(connection, path)
        if found == VERSION:
            return
        for statement in (*(_AWAY if found else ()), *TABLES):
            connection.execute(statement)
        if found:
            move(SqliteSession(connection), privacy)
            connection.execute("DROP TABLE records_1")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    # In this order: another process may make the journal in between, all at once.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner != APPLICATION_ID and (owner or version or tables):
        raise StateUnreadable(
            f"{str(path)!r} is an SQLite file, but no Stretto journal. "
            "It was left as it is; move it away to start a new one."
        )
    if version > VERSION:
        raise StateUnreadable(
            f"{str(path)!r} was written by a newer Stretto (journal version {version}, "
            f"this one reads {VERSION}). Upgrade Stretto, or move the file away."
        )
    return int(version)
