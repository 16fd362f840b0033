"""The SQLite file of an index: opened safely, one writer at a time, rebuilt when damaged.

A file is known as ours by SQLite's application id; a file that is not even SQLite any more, by the
lock file that lies beside each index. What is not ours is refused and never overwritten.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

from stretto.errors import StateUnavailable, StateUnreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

APPLICATION_ID = 0x53545249
WAIT = 120.0
"""Seconds to wait for another process that writes the same index."""

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_UNWRITABLE = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR,
}
_HEADER = b"SQLite format 3\0"

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    mtime INTEGER NOT NULL, checked INTEGER NOT NULL, hash BLOB NOT NULL,
    note TEXT NOT NULL, pieces INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY, file INTEGER NOT NULL REFERENCES files, line INTEGER NOT NULL,
    symbol TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS passages_by_file ON passages (file, line, id);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
    symbol, title, text, code, context, tokenize = "porter unicode61 remove_diacritics 2");
"""

T = TypeVar("T")


class Unwritable(Exception):
    """Raised when an index cannot be written at a place; another may do."""


class Store:
    """One open index file. Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rebuilds = 0
        self._lock = path.with_name(f"{path.name}.lock")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._refuse_foreign()
            self._lock.touch()
            if not (ignore := path.with_name(".gitignore")).exists():
                ignore.write_text("*\n")
        except OSError as error:
            raise Unwritable(str(error)) from error
        self.connection = self._guard(self._connect)

    @property
    def rebuilt(self) -> bool:
        """Whether the file was found damaged and made anew."""
        return self.rebuilds > 0

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do work on the file; when it proves damaged, empty it and do the work again.

        Raises:
            Unwritable: The file cannot be written.
            StateUnavailable: The disk is full, or another process writes for too long.
        """
        return self._guard(lambda: work(self.connection))

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """One transaction, with no other process writing."""
        with self._alone():
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def _guard(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.DatabaseError as error:
            if _code(error) not in _DAMAGED:
                raise self._told(error) from error
        try:
            self._rebuild()
            return work()
        except sqlite3.DatabaseError as error:
            raise self._told(error) from error

    def _told(self, error: sqlite3.DatabaseError) -> Exception:
        code = _code(error)
        if code in _UNWRITABLE:
            return Unwritable(str(error))
        if code == sqlite3.SQLITE_FULL:
            remedy = "Free some space, or set STRETTO_HOME to a folder on another disk."
        elif code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            remedy = f"Another process has been writing it for {WAIT:.0f} s; try again later."
        else:
            remedy = "Delete the file; it is made anew from the documents."
        return StateUnavailable(f"index {self.path} cannot be used ({error}). {remedy}")

    def _connect(self) -> sqlite3.Connection:
        with self._alone():
            connection = sqlite3.connect(
                self.path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )
            try:
                if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.executescript(SCHEMA)
            except BaseException:
                connection.close()
                raise
            return connection

    def _rebuild(self) -> None:
        """Empty a damaged file by making it anew."""
        with self._alone():
            if connection := getattr(self, "connection", None):
                connection.close()
            for suffix in ("", "-wal", "-shm", "-journal"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.rebuilds += 1
        self.connection = self._connect()

    def _refuse_foreign(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            head = file.read(72)
        ours = (
            int.from_bytes(head[68:72]) == APPLICATION_ID
            if head.startswith(_HEADER) and len(head) == 72
            else not head or self._lock.exists()
        )
        if not ours:
            raise StateUnreadable(
                f"{self.path} is not an index of Stretto and is left as it is."
                " Move it away, then try again."
            )

    @contextmanager
    def _alone(self) -> Generator[None]:
        """No other process is in here: an exclusive lock on an empty database beside the index.

        Released by the system when the process dies.
        """
        with closing(sqlite3.connect(self._lock, timeout=WAIT, isolation_level=None)) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
