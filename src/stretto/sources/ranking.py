"""Ranking: BM25 over the columns of an index, and which passages of it are returned.

BM25 is SQLite FTS5's (Robertson and Zaragoza, 2009), with a weight for each column.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from stretto.sources.words import match, names, terms

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

WEIGHTS = {"symbol": 3.0, "title": 1.5, "text": 1.0, "code": 0.3, "context": 0.5}
NAMED = 1.4
"""Factor for a symbol that the query calls by its whole name."""
PRIVATE = 0.8
"""Factor for what a name with a leading underscore marks as not for users."""
PER_FILE = 3
"""Passages of one file in a result at most."""
DEPTH = 10
"""Candidates considered for each passage wanted."""

_PRIVATE = re.compile(r"(?:^|[./:])_(?!_)")


class Candidate(NamedTuple):
    """A passage that matches."""

    row: int
    score: float
    file: int
    name: str
    """Path of its file within the sources."""
    symbol: str
    kind: str
    text: str


def ranked(connection: sqlite3.Connection, query: str, limit: int) -> dict[int, float]:
    """Ids of the best passages, best first, with their scores (higher is better)."""
    wanted = match(terms(query))
    if not wanted:
        return {}
    rows = connection.execute(
        "SELECT w.rowid, -bm25(words, ?, ?, ?, ?, ?) AS score, p.file, f.name, p.symbol, p.kind,"
        " p.text FROM words w JOIN passages p ON p.id = w.rowid JOIN files f ON f.id = p.file"
        " WHERE words MATCH ? ORDER BY score DESC, w.rowid LIMIT ?",
        (*WEIGHTS.values(), wanted, limit * DEPTH),
    )
    named = names(query)
    found = [_weighed(Candidate(*row), named) for row in rows]
    found.sort(key=_best_first)
    return _few_a_file(_once(connection, found), limit)


def _weighed(found: Candidate, named: set[str]) -> Candidate:
    factor = NAMED if found.symbol.lower() in named else 1.0
    if _PRIVATE.search(found.name) or (found.kind != "text" and _PRIVATE.search(found.symbol)):
        factor *= PRIVATE
    return found._replace(score=found.score * factor)


def _best_first(found: Candidate) -> tuple[float, int]:
    return (-found.score, found.row)


def _once(connection: sqlite3.Connection, found: list[Candidate]) -> list[Candidate]:
    """Each text once: where several symbols say the same, the one that says least beside it."""
    kept: list[Candidate] = []
    for _, group in groupby(sorted(found, key=lambda each: each.text), key=lambda each: each.text):
        same = list(group)
        kept.append(
            min(same, key=lambda each: (_size(connection, each), *_best_first(each)))._replace(
                score=max(each.score for each in same)
            )
            if len(same) > 1
            else same[0]
        )
    return sorted(kept, key=_best_first)


def _size(connection: sqlite3.Connection, found: Candidate) -> int:
    """How many characters explain its symbol."""
    asked = "SELECT sum(length(text)) FROM passages WHERE file = ? AND symbol = ? AND kind = ?"
    row = connection.execute(asked, (found.file, found.symbol, found.kind)).fetchone()
    return int(row[0])


def _few_a_file(found: Iterable[Candidate], limit: int) -> dict[int, float]:
    kept: dict[int, float] = {}
    files: dict[int, int] = {}
    for each in found:
        if files.get(each.file, 0) < PER_FILE and len(kept) < limit:
            files[each.file] = files.get(each.file, 0) + 1
            kept[each.row] = each.score
    return kept
