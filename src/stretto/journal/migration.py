"""Bringing the records of an older journal into today's tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from stretto.journal.backend import Kept, Row, Tip
from stretto.journal.bodies import split_text
from stretto.journal.payloads import packed
from stretto.journal.writing import chained
from stretto.records import AnyRecord, Record

if TYPE_CHECKING:
    from stretto.journal.backend import Session
    from stretto.journal.privacy import Privacy

AT_ONCE = 1_000
"""Records that are moved with one statement."""

_READ = """
SELECT seq, thread, run, type, time, body FROM $records_1 WHERE seq > ? ORDER BY seq LIMIT ?
"""
_INSERT = """
INSERT INTO $records (seq, thread, position, run, type, time, key, family, prev, hash, body)
$given VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def move(session: Session, privacy: Privacy, *, given: str = "") -> None:
    """Chain the records of version 1, which lie in `$records_1`, and put apart what was said.

    Each keeps its `seq`; what was said is redacted and sealed as it is from now on.

    Args:
        session: Where the tables of today are, empty.
        privacy: How what was said is kept.
        given: What the database wants to be told when `seq` is given.
    """
    kinds = {kind.model_fields["type"].default: kind for kind in _record_types()}
    insert = _INSERT.replace("$given", given)
    tips: dict[str, Tip] = {}
    last = 0
    while found := session.rows(_READ, last, AT_ONCE):
        rows: list[Row] = []
        kept: list[Kept] = []
        for _, thread, run, kind, time, body in found:
            text, said = split_text(body, kinds.get(kind), privacy)
            rows.append(Row(thread, run, kind, time, None, None, text))
            tips.setdefault(thread, Tip())
            if said is not None:
                stored, sealed = packed(said, privacy)
                kept.append(Kept(thread, said.digest, stored, said.exact, sealed))
        links = chained(rows, tips)
        tips |= {one.thread: Tip(one.position + 1, one.hash) for one in links}
        numbers = [row[0] for row in found]
        session.many(insert, [(seq, *one) for seq, one in zip(numbers, links, strict=True)])
        session.keep(kept)
        last = numbers[-1]


def _record_types() -> tuple[type[Record], ...]:
    types: tuple[type[Record], ...] = get_args(get_args(AnyRecord)[0])
    return types
