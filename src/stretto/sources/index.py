"""The index of a set of sources: opened, searched, read from.

Everything here reads files and SQLite: call it in a thread (`asyncio.to_thread`), any thread.
"""

from __future__ import annotations

import os
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, SourceUnusable, StateUnavailable
from stretto.sources.files import KINDS, absolute, roots
from stretto.sources.place import places
from stretto.sources.ranking import ranked
from stretto.sources.refresh import listing, refresh
from stretto.sources.store import Store, Unwritable
from stretto.state import Passage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Sequence

    from stretto.sources.files import Root
    from stretto.sources.refresh import Listing

LIMIT = 50
"""Passages that one search returns at most."""
AROUND = (1, 4)
"""Passages that `read` gives before and after the one at a line."""

_ROWS = (
    "SELECT p.id, f.name, p.line, p.symbol, p.kind, p.text"
    " FROM passages p JOIN files f ON f.id = p.file WHERE "
)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to tell of files that were not read, or not fully."""

    reason: str
    files: int
    """How many."""
    example: str
    """Path of one of them."""


class Index:
    """Passages of documents that can be searched. Made by `Index.open`; close it, or let it go."""

    def __init__(self, store: Store, where: Sequence[Root], listed: Listing) -> None:
        self._store, self._roots = store, where
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, _close, store)
        self._listed = listed
        self.skipped: tuple[Remark, ...] = ()
        """Files without a passage, by reason."""
        self.replaced: tuple[Remark, ...] = ()
        """Files that were not clean UTF-8, by what was done."""

    @classmethod
    def open(cls, sources: Sequence[str]) -> Index:
        """Open the index of folders, files and `package:NAME`s, and bring it up to date.

        Raises:
            SourceUnusable: A source does not exist, cannot be read, or has no readable document.
            StateUnreadable: A file that is not ours lies where the index would.
            StateUnavailable: There is no place where the index can be written.
        """
        where = roots(sources)
        listed = listing(where)
        _refuse_empty(where, (file.path for file in listed.files.values()), listed)
        why = ""
        for path in places(where):
            try:
                index = cls(Store(path), where, listed)
                index._refresh(listed)
            except Unwritable as error:
                why = f"{path}: {error}"
            else:
                return index
        raise StateUnavailable(
            f"no index can be written ({why}). Set STRETTO_HOME to a folder that is writable."
        )

    @property
    def path(self) -> Path:
        """The file of the index."""
        return self._store.path

    @property
    def rebuilt(self) -> bool:
        """Whether the file was found damaged and made anew."""
        return self._store.rebuilt

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        self._finalizer()

    def refresh(self) -> None:
        """Bring the index up to date with the files. Raises what `open` raises."""
        try:
            self._refresh(listing(self._roots))
        except Unwritable as error:
            raise StateUnavailable(
                f"index {self.path} cannot be written any more ({error}). Check the disk it is on."
            ) from error

    def _refresh(self, listed: Listing) -> None:
        with self._lock:
            self._listed = listed
            refresh(self._store, self._listed)
            rows = self._store.run(
                lambda c: c.execute("SELECT name, note, pieces FROM files").fetchall()
            )
        full = [self._listed.files[name].path for name, _, pieces in rows if pieces]
        _refuse_empty(self._roots, full, self._listed)
        noted = [(note, self._listed.files[name].path, pieces) for name, note, pieces in rows]
        self.replaced = _remarks((note, path) for note, path, pieces in noted if note and pieces)
        self.skipped = _remarks(
            [
                *((why, path) for path, why in self._listed.refused.items()),
                *((note or "no text in it", path) for note, path, pieces in noted if not pieces),
            ]
        )

    def search(self, query: str, limit: int = 8) -> list[Passage]:
        """Passages that answer a query best, best first; any text is a valid query.

        Args:
            query: Words, names (`Pregel.invoke`) or whole sentences.
            limit: Passages wanted, 1 to 50.
        """
        limit = max(1, min(limit, LIMIT))
        with self._lock:
            return self._work(lambda c: self._found(c, query, limit))

    def read(self, path: str, line: int) -> list[Passage]:
        """The passage at a line of a file of the sources, and those around it, in order.

        Raises:
            InvalidInput: The file is not among the sources.
        """
        name = self._name(path)

        def look(connection: sqlite3.Connection) -> list[Passage]:
            rows = connection.execute(
                _ROWS + "f.name = ? ORDER BY p.line, p.id", (name,)
            ).fetchall()
            at = max((i for i, row in enumerate(rows) if row[2] <= line), default=0)
            near = rows[max(0, at - AROUND[0]) : at + AROUND[1] + 1]
            return [self._passage(row, 0.0) for row in near]

        with self._lock:
            return self._work(look)

    def _work(self, look: Callable[[sqlite3.Connection], list[Passage]]) -> list[Passage]:
        """Look something up; if the file proves damaged on the way, fill it again first."""
        before = self._store.rebuilds
        try:
            found = self._store.run(look)
            if self._store.rebuilds > before:
                refresh(self._store, self._listed)
                found = self._store.run(look)
        except Unwritable as error:
            raise StateUnavailable(
                f"index {self.path} cannot be read any more ({error}). Check the disk it is on."
            ) from error
        return found

    def _found(self, connection: sqlite3.Connection, query: str, limit: int) -> list[Passage]:
        scores = ranked(connection, query, limit)
        marks = ",".join("?" * len(scores))
        rows = connection.execute(f"{_ROWS}p.id IN ({marks})", list(scores)).fetchall()
        by_id = {row[0]: row for row in rows}
        return [self._passage(by_id[i], score) for i, score in scores.items() if i in by_id]

    def _passage(self, row: tuple[Any, ...], score: float) -> Passage:
        _, name, line, symbol, kind, text = row
        return Passage(
            path=self._listed.files[name].path,
            line=line,
            symbol=symbol,
            kind=kind,
            text=text,
            score=round(score, 4),
        )

    def _name(self, path: str) -> str:
        wanted = absolute(path)
        for name, file in self._listed.files.items():
            if file.path == wanted:
                return name
        raise InvalidInput(
            f"{path!r} is not a file of the sources. Give a path exactly as search returned it."
        )


def _close(store: Store) -> None:
    store.close()


def _shown(path: str) -> str:
    """A path from the working directory where it lies below it, else absolute."""
    here = f"{Path.cwd()}{os.sep}"
    return path.removeprefix(here).replace(os.sep, "/") if path.startswith(here) else path


def _refuse_empty(where: Sequence[Root], full: Iterable[str], listed: Listing) -> None:
    """Refuse a source that has none of the documents."""
    paths = list(full)
    filled = {root.source for root in where if any(_inside(path, root) for path in paths)}
    for root in where:
        if root.source in filled:
            continue
        left = [why for path, why in listed.refused.items() if _inside(path, root)]
        why = f" {len(left)} files were left out: {left[0]}." if left else ""
        raise SourceUnusable(
            f"source {root.source!r} has no readable document.{why}"
            f" Readable are {', '.join(sorted(KINDS))}; name a folder that has some."
        )


def _inside(path: str, root: Root) -> bool:
    return path == root.path or path.startswith(root.path.rstrip(os.sep) + os.sep)


def _remarks(noted: Iterable[tuple[str, str]]) -> tuple[Remark, ...]:
    by_reason: dict[str, list[str]] = {}
    for reason, path in noted:
        by_reason.setdefault(reason, []).append(path)
    return tuple(
        Remark(reason, len(paths), _shown(paths[0])) for reason, paths in sorted(by_reason.items())
    )
