"""Reads of the journal's tables, and the records that are made of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from stretto.errors import KeyUnknown, StateUnreadable
from stretto.journal.bodies import MARK, bare, dropped, whole
from stretto.journal.chain import Entry
from stretto.journal.patience import Patience
from stretto.journal.payloads import unpacked
from stretto.records import RunStarted

if TYPE_CHECKING:
    from collections.abc import Collection

    from stretto.journal.backend import Backend, Selection, Values
    from stretto.journal.payloads import Payload
    from stretto.journal.privacy import Privacy
    from stretto.records import AnyRecord

ENCRYPTED = "(encrypted)"
DAMAGED = "(cannot be read: stretto audit --verify)"
AT_ONCE = 500
"""Digests that are asked for in one query."""
PAGE = 500
"""Records that are read at once where all are read and none is kept."""

_BARE = "SELECT seq, body FROM $records WHERE {where} ORDER BY {order}"
_JOINED = """
SELECT r.seq, r.body, r.digest, p.kind, p.exact, p.body
FROM (
    SELECT seq, thread, position, body, CASE WHEN substr(body, length(body) - 77, 12) = '{mark}'
        THEN substr(body, length(body) - 65, 64) END AS digest
    FROM $records WHERE {where}
) r
LEFT JOIN $payloads p ON p.thread = r.thread AND p.digest = r.digest
ORDER BY r.{order}
"""
_ENTRIES = """
SELECT seq, thread, position, prev, hash, type, run, time, body, key, family
FROM $records WHERE thread = ? ORDER BY position
"""
_NAMES = "SELECT thread FROM $records GROUP BY thread ORDER BY min(seq)"
_RUN = "SELECT thread, run, time FROM $records WHERE seq = ? AND type = 'run_started'"
_LEFT = """
SELECT thread, count(*), 0 FROM $payloads
WHERE thread NOT IN (SELECT thread FROM $records) GROUP BY thread
UNION ALL
SELECT thread, 0, number FROM $fences
WHERE dropped > 0 AND thread NOT IN (SELECT thread FROM $records)
"""
_PAYLOADS = "SELECT digest, kind, exact, body FROM $payloads WHERE thread = ? AND digest IN ({})"


class Reader:
    """Reads from a backend; its methods block, and wait as patiently as a write does."""

    def __init__(
        self, backend: Backend, place: str, privacy: Privacy, patience: Patience | None = None
    ) -> None:
        self._backend, self._place, self._privacy = backend, place, privacy
        self._patience = patience or Patience()

    def names(self) -> list[str]:
        """All threads, in the order in which they began."""
        return [thread for (thread,) in self._read(_NAMES) if isinstance(thread, str)]

    def _read(self, query: str, *values: object) -> list[Values]:
        return self._patience.tried(lambda: self._backend.read(query, *values))

    def records(self, selection: Selection, *, said: bool) -> list[AnyRecord]:
        """The selected records, oldest first, with or without what was said in them."""
        where, values = selection.where()
        if not said:
            found = self._read(_BARE.format(where=where, order=selection.order), *values)
            return [self._record(seq, body) for seq, body in found]
        query = _JOINED.format(where=where, order=selection.order, mark=MARK)
        return [self._spoken(seq, body, *said) for seq, body, *said in self._read(query, *values)]

    def page(self, selection: Selection) -> list[AnyRecord]:
        """The first `PAGE` of the selected records, without what was said in them."""
        where, values = selection.where()
        query = _BARE.format(where=where, order=selection.order) + " LIMIT ?"
        found = self._read(query, *values, PAGE)
        try:
            records = bare(found)
        except (ValidationError, TypeError):
            records = []
        if len(records) != len(found):  # one by one, to name the one that is damaged
            records = [self._record(seq, body) for seq, body in found]
        return records

    def entries(self, thread: str) -> list[Entry]:
        """All records of a thread as they are stored, in the order of the chain."""
        return [_entry(*row) for row in self._read(_ENTRIES, thread)]

    def runs(self, selection: Selection) -> list[AnyRecord]:
        """Records of runs, also where not all can be read: their question says so instead."""
        where, values = selection.where()
        query = _JOINED.format(where=where, order=selection.order, mark=MARK)
        found: list[AnyRecord] = []
        for seq, body, *said in self._read(query, *values):
            try:
                found.append(self._spoken(seq, body, *said))
            except StateUnreadable as error:
                found += self._silent(seq, body, encrypted=isinstance(error, KeyUnknown))
        return found

    def _silent(self, seq: int, body: str, *, encrypted: bool) -> list[AnyRecord]:
        """The record of a run without what was said, or what its columns tell of it."""
        try:
            record = self._record(seq, body)
        except StateUnreadable:
            return [
                RunStarted(seq=seq, time=time, thread=thread, run=run, team="", question=DAMAGED)
                for thread, run, time in self._read(_RUN, seq)
                if isinstance(thread, str)
                and isinstance(run, str)
                and isinstance(time, int | float)
            ]
        if isinstance(record, RunStarted):
            question = ENCRYPTED if encrypted else DAMAGED
            return [record.model_copy(update={"question": question})]
        return [record]

    def left(self) -> dict[str, int]:
        """Threads without any record that had some, and how many payloads of each are left."""
        found: dict[str, int] = {}
        for thread, count, _ in self._read(_LEFT):
            if isinstance(thread, str):
                found[thread] = found.get(thread, 0) + int(count)
        return found

    def payloads(self, thread: str, digests: Collection[str]) -> dict[str, Payload]:
        """Those of the thread's payloads that are there."""
        wanted = sorted(set(digests) - {""})
        found: dict[str, Payload] = {}
        for begin in range(0, len(wanted), AT_ONCE):
            some = wanted[begin : begin + AT_ONCE]
            query = _PAYLOADS.format(", ".join(["?"] * len(some)))
            for digest, kind, exact, body in self._read(query, thread, *some):
                found[digest] = self._payload(digest, kind, exact, body)
        return found

    def updated(self) -> dict[str, float]:
        """The time of the last record of each thread."""
        found = self._read("SELECT thread, max(time) FROM $records GROUP BY thread")
        return {thread: time for thread, time in found if isinstance(time, int | float)}

    def fence(self, thread: str) -> int:
        """How often the thread has been taken."""
        found = self._read("SELECT number FROM $fences WHERE thread = ?", thread)
        return int(found[0][0]) if found else 0

    def _spoken(self, seq: int, body: str, digest: str | None, *packed: Any) -> AnyRecord:
        if digest is None:
            return self._record(seq, body)
        kind, exact, sealed = packed
        if kind is None:
            return self._record(seq, body, gone=True)
        return self._record(seq, body, self._payload(digest, kind, exact, sealed).body)

    def _payload(self, digest: str, kind: Any, exact: Any, body: Any) -> Payload:
        if not (isinstance(kind, str) and isinstance(body, str | bytes | memoryview)):
            raise StateUnreadable(
                f"the payload {digest} is damaged (its columns hold what was not written). "
                "`stretto audit --verify` names the records that refer to it."
            )
        return unpacked(digest, kind, exact, cast("bytes", body), self._privacy)

    def _record(
        self, seq: int, body: str, said: bytes | None = None, *, gone: bool = False
    ) -> AnyRecord:
        try:
            return dropped(seq, body) if gone else whole(seq, body, said)
        except ValidationError as error:
            raise StateUnreadable(
                f"record {seq} of the journal {self._place!r} cannot be read "
                f"({error.errors()[0]['msg']}). `stretto audit --verify` names what was changed."
            ) from error


def _entry(seq: int, thread: str, position: Any, *columns: Any) -> Entry:
    """A row as an entry; what a column cannot hold, someone wrote there: told so that it differs.

    A position that is no number is left as a text, for the verification to name.
    """
    prev, hashed, kind, run, time, body, key, family = columns
    return Entry(
        seq=seq,
        thread=thread,
        position=position if isinstance(position, int) else cast("Any", str(position)),
        prev=_text(prev),
        hash=_text(hashed),
        type=_text(kind),
        run=_text(run),
        time=time if isinstance(time, int | float) else math.nan,
        body=_text(body),
        key=None if key is None else _text(key),
        family=None if family is None else _text(family),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
