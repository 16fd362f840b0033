"""Verifies the chain of a thread: what was edited, removed, reordered, inserted or cut off.

All here is pure: entries as they are stored go in, faults come out. `stretto.journal.evidence`
reads what is needed from a journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from stretto.journal.backend import column
from stretto.journal.chain import Entry, link
from stretto.journal.uses import Uses, fields
from stretto.journal.values import clean

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from stretto.journal.anchors import Anchor
    from stretto.journal.payloads import Payload

Kind = Literal[
    "edited",
    "removed",
    "reordered",
    "inserted",
    "payload edited",
    "payload missing",
    "cut off",
    "rewritten",
    "forged",
    "unreadable",
]
_JSON_KINDS = {"said", "json"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written."""

    position: int
    """In the thread, from 0; of an anchor, the one it tells of."""
    seq: int
    """In the journal; 0 where there is no record."""
    type: str
    """Of the record, or `anchor`."""
    kind: Kind
    text: str
    """What is wrong, in a sentence."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the verification of a thread came to."""

    thread: str
    records: int
    first: int
    """Position of the first record; above 0 when older ones were pruned."""
    head: str
    """Hash of the last record."""
    payloads: int
    """How many were checked against their digests."""
    forgotten: int
    """How many are gone because they were told to be."""
    anchors: int
    """How many match."""
    signed: bool
    """Whether there was a key to check the signatures with."""
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was written."""
        return not self.faults


def verify(
    entries: Sequence[Entry],
    payloads: Mapping[str, Payload | None] | None,
    anchors: Iterable[Anchor] = (),
    public_key: Ed25519PublicKey | Sequence[Ed25519PublicKey] | None = None,
    *,
    thread: str = "",
    left: int | None = None,
) -> Report:
    """Find whatever was changed in a thread since it was written.

    Args:
        entries: All records of one thread as they are stored, in any order.
        payloads: The thread's payloads by digest, a payload being `None` when it cannot be read;
            no mapping leaves out what was said.
        anchors: Read before the entries were; those of other threads are passed over.
        public_key: What the anchors are signed with, several after a change of keys. Without one
            the anchors' hashes are compared and their signatures are not checked.
        thread: Its id; needed when no entry is left.
        left: How many payloads `Journal.left` tells of when no entry is left, read before them;
            `None` when it does not name the thread.
    """
    records, faults = _placed(entries)
    thread = thread or (records[0].thread if records else "")
    if not entries and left is not None:
        text = f"the thread's records are gone, {left:,} payload{'' if left == 1 else 's'} are left"
        faults.append(Fault(0, 0, "", "removed", text.replace("1 payload are", "1 payload is")))
    faults += [*_Chain(records).faults(), *_columns(records)]
    held = _Held(records, payloads or {})
    if payloads is not None:
        faults += held.faults()
    keys = _keys(public_key)
    marks = _Marks(records, keys)
    for anchor in anchors:
        if anchor.thread == thread:
            faults += marks.faults(anchor)
    return Report(
        thread=thread,
        records=len(records),
        first=records[0].position if records else 0,
        head=records[-1].hash if records else "",
        payloads=held.checked,
        forgotten=held.forgotten,
        anchors=marks.matching,
        signed=bool(keys),
        faults=tuple(sorted(_once(faults), key=lambda fault: (fault.position, fault.seq))),
    )


def _placed(entries: Sequence[Entry]) -> tuple[list[Entry], list[Fault]]:
    """The entries in their order; one whose position is no number comes after that it follows."""
    good = [entry for entry in entries if _is_number(entry.position)]
    after = {entry.hash: entry.position + 1 for entry in good}
    faults: list[Fault] = []
    odd = {entry.seq: entry for entry in entries if not _is_number(entry.position)}
    for _ in range(len(odd)):  # one may follow another
        for seq, entry in odd.items():
            if entry.hash not in after and (entry.prev in after or not entry.prev):
                place = after.get(entry.prev, 0)
                after[entry.hash] = place + 1
                odd[seq] = entry._replace(position=place)
    for seq, entry in odd.items():
        placed = entry if _is_number(entry.position) else entry._replace(position=len(entries))
        text = f"record seq {seq}, {entry.type}, was edited: its position is no number"
        faults.append(_fault(placed, "edited", text))
        good.append(placed)
    return sorted(good, key=lambda entry: (entry.position, entry.seq)), faults


def _is_number(value: object) -> bool:
    return isinstance(value, int)


def _once(faults: Iterable[Fault]) -> list[Fault]:
    """One fault of a kind for each record."""
    return list({(f.position, f.seq, f.kind): f for f in reversed(list(faults))}.values())


def _fault(entry: Entry, kind: Kind, text: str) -> Fault:
    return Fault(entry.position, entry.seq, entry.type, kind, text)


def _name(entry: Entry) -> str:
    return f"record {entry.position} (seq {entry.seq}, {entry.type})"


class _Chain:
    """Follows the hashes from the first record to the last."""

    def __init__(self, records: Sequence[Entry]) -> None:
        self._records = records
        self._followed = {entry.prev for entry in records}
        self._by_hash = {entry.hash: entry for entry in reversed(records)}
        self._odd: set[int] = set()
        """Places, in the sequence, of records that are known not to belong where they are."""

    def faults(self) -> Iterator[Fault]:
        if not self._records:
            return
        head, fault = self._start(self._records[0])
        if fault is not None:
            yield fault
        last: Entry | None = None
        for place, entry in enumerate(self._records):
            found, follows = self._check(place, entry, head)
            yield from found
            if follows is not None:
                if last is not None and not found:
                    yield from _counted(last, entry)
                head, last = follows, entry

    def _start(self, first: Entry) -> tuple[str, Fault | None]:
        """What the first record must follow, and what is wrong with that."""
        if first.position == 0 and not first.prev:
            return "", None
        if any(p == (first.position, first.prev) for p in _pruned(self._records)):
            return first.prev, None
        if link("", first.body) == first.hash:
            return "", None
        text = f"the records before {_name(first)} are gone, and none tells that they were pruned"
        return first.prev, _fault(first, "removed", text)

    def _check(self, place: int, entry: Entry, head: str) -> tuple[list[Fault], str | None]:
        """What is wrong with a record that should follow `head`, and what the next one follows.

        The latter is `None` when the record does not belong there: the next follows `head` too.
        """
        own = link(entry.prev, entry.body)
        if own != entry.hash:
            return self._changed(place, entry, head, own)
        if entry.prev == head:
            return [], entry.hash
        return self._elsewhere(place, entry)

    def _changed(
        self, place: int, entry: Entry, head: str, own: str
    ) -> tuple[list[Fault], str | None]:
        """A record whose hash is not that of its text and of the hash before it."""
        is_last = place == len(self._records) - 1
        if link(head, entry.body) == entry.hash:
            what, follows = "the hash of the record before it", entry.hash
        elif entry.prev == head and own in self._followed:
            what, follows = "its hash", own
        else:
            what, follows = "its text", entry.hash
            if entry.hash not in self._followed and not is_last:
                follows = None
                self._odd.add(place)
        text = f"{_name(entry)} was edited: {what} is not what was written"
        return [_fault(entry, "edited", text)], follows

    def _elsewhere(self, place: int, entry: Entry) -> tuple[list[Fault], str | None]:
        """A record that is whole, and follows another one than the one before it."""
        before = self._by_hash.get(entry.prev)
        if entry.prev and before is None:
            return [self._gap(place, entry)], entry.hash
        is_last = place == len(self._records) - 1
        if self._by_hash[entry.hash] is not entry or (
            entry.hash not in self._followed and not is_last
        ):
            self._odd.add(place)
            text = f"{_name(entry)} was inserted: no record follows it"
            return [_fault(entry, "inserted", text)], None
        origin = self._records.index(before) if before is not None else -1
        if origin > place:
            self._odd.add(place)
            text = f"{_name(entry)} was moved: it was written after {_name(self._records[origin])}"
            return [_fault(entry, "reordered", text)], entry.hash
        between = [i for i in range(origin + 1, place) if i not in self._odd]
        faults = [self._extra(i, entry) for i in between]
        if is_last and between:
            text = f"{_name(entry)} follows none of the records before it: one was inserted"
            faults.append(_fault(entry, "inserted", text))
        self._odd.update(between)
        return faults, entry.hash

    def _extra(self, place: int, entry: Entry) -> Fault:
        mine = self._records[place]
        text = f"{_name(mine)} was inserted: {_name(entry)} follows the one before it"
        return _fault(mine, "inserted", text)

    def _gap(self, place: int, entry: Entry) -> Fault:
        before = self._records[place - 1]
        missing = entry.position - before.position - 1
        count = "records" if missing < 1 else "1 record" if missing == 1 else f"{missing} records"
        were = "was" if missing == 1 else "were"
        text = f"{count} between {_name(before)} and {_name(entry)} {were} removed"
        return Fault(before.position + 1, entry.seq, entry.type, "removed", text)


def _counted(before: Entry, entry: Entry) -> Iterator[Fault]:
    """Whether the numbers of two records that follow one another do so too."""
    if entry.position != before.position + 1:
        text = f"{_name(entry)} was edited: the position after {before.position} is not its own"
        yield _fault(entry, "edited", text)
    if entry.seq <= before.seq:
        text = f"{_name(entry)} was moved: its seq is not above that of {_name(before)}"
        yield _fault(entry, "reordered", text)


def _columns(records: Iterable[Entry]) -> Iterator[Fault]:
    """Whether the columns that records are selected by say what the records say."""
    for entry in records:
        told = fields(entry)
        if told is None:
            yield _fault(entry, "unreadable", f"{_name(entry)} is no JSON object")
            continue
        wrong = [
            name
            for name in ("thread", "run", "type", "time")
            if not _agree(getattr(entry, name), told.get(name))
        ]
        wrong += [
            name
            for name in ("key", "family")
            if (getattr(entry, name) or "") != column(str(told.get(name) or ""))
        ]
        if wrong:
            text = f"{_name(entry)} was edited: its column {', '.join(wrong)} differs from its text"
            yield _fault(entry, "edited", text)


def _agree(column: str | float, told: object) -> bool:
    return column == (clean(told) if isinstance(told, str) else told)


def _pruned(records: Iterable[Entry]) -> Iterator[tuple[int, str]]:
    """From which positions on records are left, and which hash the first of those follows."""
    for entry in records:
        if entry.type == "pruned" and (told := fields(entry)):
            yield told.get("before", 0), told.get("hash", "")


class _Held:
    """Checks payloads against the digests under which records name them."""

    def __init__(self, records: Sequence[Entry], payloads: Mapping[str, Payload | None]) -> None:
        self._records, self._payloads = records, payloads
        self._judged: dict[str, str] = {}
        self._missing: set[str] = set()

    @property
    def checked(self) -> int:
        return len(self._judged)

    @property
    def forgotten(self) -> int:
        return len(self._missing)

    def faults(self) -> Iterator[Fault]:
        dropped = max((e.position for e in self._records if e.type == "forgotten"), default=-1)
        uses = Uses(self._payloads)
        for entry in reversed(self._records):  # what a later record needs was not forgotten
            for digest in uses.of(entry):
                yield from self._check(entry, digest, may_miss=entry.position < dropped)

    def _check(self, entry: Entry, digest: str, *, may_miss: bool) -> Iterator[Fault]:
        if digest not in self._payloads:
            self._missing.add(digest)
            if not may_miss:
                text = f"{_name(entry)}: what it refers to was removed ({digest[:12]}…)"
                yield _fault(entry, "payload missing", text)
            return
        if digest not in self._judged:
            self._judged[digest] = _wrong(digest, self._payloads[digest])
        if why := self._judged[digest]:
            text = f"{_name(entry)}: what it refers to {why} ({digest[:12]}…)"
            yield _fault(entry, "payload edited", text)


def _wrong(digest: str, payload: Payload | None) -> str:
    if payload is None:
        return "was edited: it cannot be read"
    if sha256(payload.body).hexdigest() != digest:
        return "was edited: it does not give its digest"
    if (payload.kind in _JSON_KINDS) != (payload.body[:1] in b'{["-0123456789tfn'):
        return f"was edited: it is not of the kind {payload.kind!r}"
    return ""


def _keys(
    given: Ed25519PublicKey | Sequence[Ed25519PublicKey] | None,
) -> dict[str, Ed25519PublicKey]:
    from stretto.journal.anchors import key_id

    keys = given if isinstance(given, Sequence) else [] if given is None else [given]
    return {key_id(key): key for key in keys}


class _Marks:
    """Compares anchors with records."""

    def __init__(self, records: Sequence[Entry], keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._records = {entry.position: entry for entry in records}
        self._first = records[0].position if records else 0
        self._end = records[-1].position + 1 if records else 0
        self._keys = keys
        self._gone = {before - 1: hashed for before, hashed in _pruned(records)}
        self.matching = 0

    def faults(self, anchor: Anchor) -> Iterator[Fault]:
        """What is wrong with one, or with the record it tells of."""
        if why := self._forged(anchor):
            yield self._at(anchor, "forged", f"anchor on line {anchor.line} {why}")
        elif anchor.position >= self._end:
            left = f"{self._end - 1} is the last" if self._records else "none is left"
            text = f"records up to {anchor.position} were signed on {anchor.time}, and {left}"
            yield self._at(anchor, "cut off", text)
        elif anchor.position < self._first:
            if self._gone.get(anchor.position, anchor.hash) == anchor.hash:
                self.matching += 1
            else:
                text = f"record {anchor.position}, now pruned, is not the one that was signed"
                yield self._at(anchor, "rewritten", f"{text} on {anchor.time}")
        elif (entry := self._records.get(anchor.position)) and entry.hash != anchor.hash:
            text = f"{_name(entry)} or one before it was rewritten after it was signed"
            yield _fault(entry, "rewritten", f"{text} on {anchor.time}")
        elif entry is not None:
            self.matching += 1

    def _forged(self, anchor: Anchor) -> str:
        if not self._keys:
            return ""
        if (key := self._keys.get(anchor.key)) is None:
            return f"is signed by the key {anchor.key}, not by {', '.join(self._keys)}"
        return "" if anchor.is_signed_by(key) else "has a signature that is not right"

    def _at(self, anchor: Anchor, kind: Kind, text: str) -> Fault:
        return Fault(anchor.position, 0, "anchor", kind, text)
