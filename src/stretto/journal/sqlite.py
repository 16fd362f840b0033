"""The journal in an SQLite file, and how any SQLite state file of ours is opened."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.journal.backend import VERSION, Row, Selection, Stored

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

APPLICATION_ID = 0x5374724A
"""Marks the file as a Stretto journal (`StrJ`), in SQLite's `application_id`."""
WAIT_SECONDS = 10.0
"""How long a write waits for another process's."""

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE records (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            thread TEXT NOT NULL,
            run TEXT NOT NULL,
            type TEXT NOT NULL,
            time REAL NOT NULL,
            body TEXT NOT NULL
        )""",
        "CREATE INDEX records_by_thread ON records (thread, seq)",
        "CREATE INDEX runs ON records (seq) WHERE type IN ('run_started', 'run_ended')",
    ),
)
"""The statements that lead from each version to the next; the first from an empty file."""

Check = Callable[[sqlite3.Connection, Path], object]
"""Raises `StateUnreadable` if a file is not what it should be."""

_READ = "SELECT seq, body FROM records WHERE $where ORDER BY seq"

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
    return StateUnavailable(f"cannot use {str(path)!r}: {error}. {remedy}")


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

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._writing = open_file(path, _version)
        try:
            with translated(path):
                _migrate(self._writing, path)
            self._reading = open_file(path, _version)
        except BaseException:
            self._writing.close()
            raise

    def write(self, rows: Sequence[Row]) -> Sequence[int]:
        """See `Backend.write`."""
        with translated(self.path), _transaction(self._writing):
            self._writing.executemany(
                "INSERT INTO records (thread, run, type, time, body) VALUES (?, ?, ?, ?, ?)", rows
            )
            (last,) = self._writing.execute("SELECT last_insert_rowid()").fetchone()
        return range(last - len(rows) + 1, last + 1)

    def read(self, selection: Selection) -> list[Stored]:
        """See `Backend.read`."""
        where, values = selection.where("?")
        query = _READ.replace("$where", where)
        with translated(self.path), self._lock:
            return [Stored(seq, body) for seq, body in self._reading.execute(query, values)]

    def updated(self) -> dict[str, float]:
        """See `Backend.updated`."""
        with translated(self.path), self._lock:
            return dict(
                self._reading.execute("SELECT thread, max(time) FROM records GROUP BY thread")
            )

    def close(self) -> None:
        """See `Backend.close`."""
        self._writing.close()
        with self._lock:
            self._reading.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _version(connection, path) == VERSION:
        return
    with _transaction(connection):
        for version in range(_version(connection, path), VERSION):
            for statement in _MIGRATIONS[version]:
                connection.execute(statement)
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
