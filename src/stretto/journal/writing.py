"""Adding records to the chains of their threads, with the payloads they refer to."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from stretto.journal.backend import Kept, Link, Row, Session, Tip
from stretto.journal.chain import link
from stretto.journal.payloads import packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.journal.payloads import Payload
    from stretto.journal.privacy import Privacy

MOST_KNOWN = 50_000
"""Digests that are remembered as stored."""


class Head(NamedTuple):
    """Where a record came to stand."""

    thread: str
    position: int
    hash: str
    type: str


class Written(NamedTuple):
    """What became of rows."""

    seqs: list[int]
    """Of each row; 0 for one that was refused."""
    heads: list[Head]
    """Of those that were stored."""
    refused: dict[str, int]
    """The threads that another process has taken, with the fence under which a row came."""
    kept: dict[str, tuple[int, set[str]]]
    """Digests that are stored now, by thread, with the thread's `dropped`."""


class Known:
    """Which payloads are stored, so that they need not be stored again.

    What is known of a thread holds until payloads of it are dropped, by whatever process.
    """

    def __init__(self, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._threads: OrderedDict[str, tuple[int, set[str]]] = OrderedDict()
        self._count = 0

    def has(self, thread: str, digest: str, dropped: int | None = None) -> bool:
        """Whether it is stored, when payloads of the thread have been dropped so often."""
        known = self._threads.get(thread)
        return known is not None and digest in known[1] and dropped in {None, known[0]}

    def add(self, stored: Mapping[str, tuple[int, set[str]]]) -> None:
        """Note what is stored now; the threads noted longest ago are forgotten."""
        for thread, (dropped, digests) in stored.items():
            before, mine = self._threads.pop(thread, (dropped, set[str]()))
            self._count -= len(mine)
            if before != dropped:
                mine = set[str]()
            mine |= digests
            self._threads[thread] = (dropped, mine)
            self._count += len(mine)
        while self._count > self._most:
            _, (_, gone) = self._threads.popitem(last=False)
            self._count -= len(gone)


class Batch:
    """Rows that are stored together; tried again as they are until that succeeds."""

    def __init__(self, rows: Sequence[Row], known: Known, privacy: Privacy) -> None:
        self.rows, self._known, self._privacy = rows, known, privacy
        self._ready: dict[tuple[str, str], Kept] = {}
        for row in rows:
            for payload in row.payloads:
                if not known.has(row.thread, payload.digest):
                    self._packed(row.thread, payload)

    def __call__(self, session: Session) -> Written:
        """Store the rows, but those of a thread that another process has taken."""
        tips = session.tips(list({row.thread for row in self.rows}))
        written = [row for row in self.rows if _may(row, tips)]
        links = chained(written, tips)
        kept: dict[str, tuple[int, set[str]]] = {}
        session.keep(list(self._missing(written, tips, kept)))
        given = iter(session.insert(links) if links else ())
        return Written(
            [next(given) if _may(row, tips) else 0 for row in self.rows],
            [_head(one) for one in links],
            {row.thread: row.fence for row in self.rows if not _may(row, tips)},
            kept,
        )

    def _missing(
        self,
        rows: Iterable[Row],
        tips: Mapping[str, Tip],
        kept: dict[str, tuple[int, set[str]]],
    ) -> Iterable[Kept]:
        for row in rows:
            dropped = tips[row.thread].dropped
            for payload in row.payloads:
                _, mine = kept.setdefault(row.thread, (dropped, set()))
                if payload.digest not in mine:
                    mine.add(payload.digest)
                    if not self._known.has(row.thread, payload.digest, dropped):
                        yield self._packed(row.thread, payload)

    def _packed(self, thread: str, payload: Payload) -> Kept:
        key = thread, payload.digest
        if key not in self._ready:
            kind, body = packed(payload, self._privacy)
            self._ready[key] = Kept(thread, payload.digest, kind, payload.exact, body)
        return self._ready[key]


def _may(row: Row, tips: Mapping[str, Tip]) -> bool:
    """Whether no other process has taken the thread since this row's did."""
    return not 0 < row.fence < tips[row.thread].fence


def chained(rows: Sequence[Row], tips: Mapping[str, Tip]) -> list[Link]:
    """Put each row behind the one before it in its thread."""
    ends = {thread: (tip.next, tip.hash) for thread, tip in tips.items()}
    links: list[Link] = []
    for row in rows:
        position, prev = ends[row.thread]
        mine = link(prev, row.body)
        ends[row.thread] = position + 1, mine
        columns = row.thread, position, row.run, row.type, row.time, row.key, row.family
        links.append(Link(*columns, prev, mine, row.body))
    return links


def append(session: Session, row: Row) -> Head:
    """Add one record that refers to no payload; where it came to stand."""
    links = chained([row], session.tips([row.thread]))
    session.insert(links)
    return _head(links[0])


def _head(one: Link) -> Head:
    return Head(one.thread, one.position, one.hash, one.type)
