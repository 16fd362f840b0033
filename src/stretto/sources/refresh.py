"""Bring an index up to date: changed files are read again, deleted ones leave."""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.sources.files import walk
from stretto.sources.reading import VERSION, Document, document, refused
from stretto.sources.words import spread

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from stretto.sources.files import Found, Root
    from stretto.sources.store import Store

SETTLE = 2_000_000_000
"""Nanoseconds after a change during which a file may change again unseen by its time and size."""


@dataclass(slots=True)
class Listing:
    """The files of all sources by their names in the index."""

    files: dict[str, Found] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    """Files that are not read, and why."""


def listing(roots: Sequence[Root]) -> Listing:
    """List the files of the sources; a file in several is listed with the first.

    Raises:
        InvalidInput: A source cannot be read.
    """
    listed, seen = Listing(), set[str]()
    for number, root in enumerate(roots):
        for file in walk(root):
            if file.path in seen:
                continue
            seen.add(file.path)
            name = f"{number}:{file.name}"
            if why := refused(file):
                listed.refused[file.path] = why
            else:
                listed.files[name] = file
    return listed


def refresh(store: Store, listed: Listing) -> None:
    """Read what has changed since the last time; does not write when nothing has."""
    if store.run(lambda connection: _current(connection, listed)):
        return

    def write(_: sqlite3.Connection) -> None:
        with store.writing() as connection:
            _update(connection, listed)

    store.run(write)


def _current(connection: sqlite3.Connection, listed: Listing) -> bool:
    changed, gone = _differences(connection, listed)
    return not changed and not gone and _version(connection) == str(VERSION)


def _version(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return row[0] if row else ""


def _differences(connection: sqlite3.Connection, listed: Listing) -> tuple[list[str], list[str]]:
    """Names of files that may have changed by time and size, and of those that are gone."""
    known = {
        name: (size, mtime, checked)
        for name, size, mtime, checked in connection.execute(
            "SELECT name, size, mtime, checked FROM files"
        )
    }
    changed: list[str] = []
    for name, file in listed.files.items():
        size, mtime, checked = known.get(name, (-1, -1, 0))
        if (size, mtime) != (file.size, file.mtime) or checked - mtime < SETTLE:
            changed.append(name)
    return changed, [name for name in known if name not in listed.files]


def _update(connection: sqlite3.Connection, listed: Listing) -> None:
    if _version(connection) != str(VERSION):
        for table in ("words", "passages", "files", "meta"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the line above
        connection.execute("INSERT INTO meta VALUES ('version', ?)", (str(VERSION),))
    changed, gone = _differences(connection, listed)
    for name in gone:
        _forget(connection, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parsing foreign source warns of its escapes
        for name in changed:
            _read(connection, name, listed.files[name])
    if len(changed) > len(listed.files) // 2:
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def _forget(connection: sqlite3.Connection, name: str) -> None:
    row = connection.execute("SELECT id FROM files WHERE name = ?", (name,)).fetchone()
    if row:
        connection.execute(
            "DELETE FROM words WHERE rowid IN (SELECT id FROM passages WHERE file = ?)", row
        )
        connection.execute("DELETE FROM passages WHERE file = ?", row)
        connection.execute("DELETE FROM files WHERE id = ?", row)


def _read(connection: sqlite3.Connection, name: str, file: Found) -> None:
    try:
        data = Path(file.path).read_bytes()
    except OSError as error:
        _forget(connection, name)
        _insert(connection, name, file, b"", Document(note=f"cannot be read ({error.strerror})"))
        return
    digest = sha256(data).digest()
    same = connection.execute(
        "UPDATE files SET size = ?, mtime = ?, checked = ? WHERE name = ? AND hash = ?",
        (file.size, file.mtime, time.time_ns(), name, digest),
    )
    if not same.rowcount:
        _forget(connection, name)
        _insert(connection, name, file, digest, document(file, data))


def _insert(
    connection: sqlite3.Connection, name: str, file: Found, digest: bytes, read: Document
) -> None:
    number = connection.execute(
        "INSERT INTO files (name, size, mtime, checked, hash, note, pieces)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, file.size, file.mtime, time.time_ns(), digest, read.note, len(read.pieces)),
    ).lastrowid
    title = " ".join([*Path(file.name).with_suffix("").parts, read.title])
    for piece in read.pieces:
        row = connection.execute(
            "INSERT INTO passages (file, line, symbol, kind, text) VALUES (?, ?, ?, ?, ?)",
            (number, piece.line, _clean(piece.symbol), piece.kind, _clean(piece.text)),
        ).lastrowid
        text, code = ("", piece.text) if piece.kind == "code" else (piece.text, "")
        columns = (piece.symbol, title, text, code, piece.context)
        connection.execute(
            "INSERT INTO words (rowid, symbol, title, text, code, context)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (row, *(spread(_clean(column)) for column in columns)),
        )


def _clean(text: str) -> str:
    """Text that SQLite stores: half surrogates become U+FFFD."""
    return text.encode(errors="replace").decode()
