"""What the verification of a thread finds, whoever changed what."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.anchors import Anchors, read_anchors
from stretto.journal.audit import verify
from stretto.journal.chain import Entry, link
from stretto.journal.payloads import Payload, json_payload, said_payload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from stretto.journal.anchors import Anchor

KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"\11" * 32)
THREAD = "t"


def payload(number: int) -> Payload:
    """Something said."""
    return said_payload({"text": f"words {number}"})


def body(number: int, kind: str, **fields: object) -> str:
    """A record's JSON."""
    told = {"time": 1000.0 + number, "thread": THREAD, "run": f"r{number // 4}", "type": kind}
    return json.dumps({**told, **fields}, separators=(",", ":"))


def chained(bodies: Sequence[str], *, first: int = 0, prev: str = "", seq: int = 10) -> list[Entry]:
    """A thread that holds these records."""
    made: list[Entry] = []
    for number, text in enumerate(bodies):
        told = json.loads(text)
        columns = told["type"], told["run"], told["time"]
        mine = link(prev, text)
        made.append(Entry(seq + 3 * number, THREAD, first + number, prev, mine, *columns, text))
        prev = mine
    return made


def chain(count: int) -> tuple[list[Entry], dict[str, Payload]]:
    """A thread of that many records, a run ending with every fourth, and what was said in it."""
    bodies: list[str] = []
    held: dict[str, Payload] = {}
    for number in range(count):
        kind = "run_ended" if number % 4 == 3 else "decided"
        said = payload(number)
        held[said.digest] = said
        bodies.append(body(number, kind, payload=said.digest))
    return chained(bodies), held


def rehashed(entries: Sequence[Entry]) -> list[Entry]:
    """The thread as one leaves it who computes the whole chain anew."""
    prev = entries[0].prev
    made: list[Entry] = []
    for entry in entries:
        mine = link(prev, entry.body)
        made.append(entry._replace(prev=prev, hash=mine))
        prev = mine
    return made


def renumbered(entries: Sequence[Entry]) -> list[Entry]:
    """The thread with positions and seqs that leave no gap."""
    return [e._replace(position=i, seq=10 + 3 * i) for i, e in enumerate(entries)]


def signed(entries: Sequence[Entry], folder: Path) -> list[Anchor]:
    """The anchors that were written as the thread grew."""
    path = folder / "anchors.jsonl"
    path.unlink(missing_ok=True)
    anchors = Anchors(path, KEY, now=lambda: 1_800_000_000.0)
    for entry in entries:
        anchors.note([(entry.thread, entry.position, entry.hash, entry.type)])
    return read_anchors(path)


counts = st.integers(2, 14)
EDITS = ("body", "payload", "hash", "prev", "type", "run", "time", "position", "seq", "thread")


def edited(entry: Entry, what: str) -> Entry:
    """The record with one thing changed, as one can change it who writes to the database."""
    told = json.loads(entry.body)
    match what:
        case "body":
            return entry._replace(body=json.dumps({**told, "run": "other"}), run="other")
        case "payload":
            return entry._replace(body=json.dumps({**told, "payload": "0" * 64}))
        case "hash" | "prev":
            return entry._replace(**{what: sha256(b"other").hexdigest()})
        case "time":
            return entry._replace(time=entry.time + 1)
        case "position" | "seq":
            return entry._replace(**{what: getattr(entry, what) + 1000})
        case _:
            return entry._replace(**{what: "feedback"})


@given(count=counts, data=st.data())
def test_untouched_chain_verifies(count: int, data: st.DataObject) -> None:
    """Whatever was written verifies as it is, in whatever order it is read."""
    entries, held = chain(count)
    report = verify(data.draw(st.permutations(entries)), held)
    assert report.ok, report.faults
    assert (report.records, report.payloads, report.head) == (count, count, entries[-1].hash)


@given(count=counts, what=st.sampled_from(EDITS), data=st.data())
def test_edit_is_named(count: int, what: str, data: st.DataObject) -> None:
    """Any single edit of a body or a column is found, and the record is named."""
    entries, held = chain(count)
    place = data.draw(st.integers(0, count - 1))
    if what == "seq":  # numbers may have gaps: only their order tells
        place = data.draw(st.integers(0, count - 2))
    changed = edited(entries[place], what)
    faults = verify([*entries[:place], changed, *entries[place + 1 :]], held).faults
    named = " ".join(f"at {fault.position}: {fault.text}" for fault in faults)
    assert f"at {place}:" in named or f"(seq {changed.seq}," in named, faults


@given(count=counts, data=st.data())
def test_removal_is_named(count: int, data: st.DataObject) -> None:
    """Removed records are missed, also when the others are renumbered."""
    renumber = data.draw(st.booleans())
    entries, held = chain(count)
    place = data.draw(st.integers(0, count - 2))
    until = data.draw(st.integers(place + 1, count - 1))
    left = [*entries[:place], *entries[until:]]
    faults = verify(renumbered(left) if renumber else left, held).faults
    assert [(fault.kind, fault.position) for fault in faults] == [
        ("removed", place if place or renumber else until)
    ]
    if not renumber and place:
        gone = until - place
        assert faults[0].text.startswith(f"{gone} record")


@given(count=counts, data=st.data())
def test_swap_is_named(count: int, data: st.DataObject) -> None:
    """Two records that changed places are found, their numbers changed with them or not."""
    entries, held = chain(count)
    one, two = sorted(
        data.draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))
    )
    swapped = list(entries)
    swapped[one], swapped[two] = swapped[two], swapped[one]
    faults = verify(renumbered(swapped), held).faults
    assert {one, two} & {fault.position for fault in faults}, faults
    by_seq = list(entries)
    by_seq[one] = entries[one]._replace(seq=entries[two].seq)
    by_seq[two] = entries[two]._replace(seq=entries[one].seq)
    assert {one, two, one + 1} & {fault.position for fault in verify(by_seq, held).faults}


@given(count=counts, how=st.sampled_from(["new", "copy", "linked", "wrong"]), data=st.data())
def test_insert_is_named(count: int, how: str, data: st.DataObject) -> None:
    """A record that was put between others is found, whatever hashes it carries."""
    entries, held = chain(count)
    place = data.draw(st.integers(1, count - 1))
    model = entries[data.draw(st.integers(0, count - 1))]
    text = body(99, "decided") if how != "copy" else model.body
    prev = {"copy": model.prev, "linked": entries[place - 1].hash}.get(how, model.hash)
    mine = model.hash if how in {"copy", "wrong"} else link(prev, text)
    told = json.loads(text)
    extra = Entry(0, THREAD, place, prev, mine, told["type"], told["run"], told["time"], text)
    faults = verify(renumbered([*entries[:place], extra, *entries[place:]]), held).faults
    near = {place, place - 1, place + 1} if how == "copy" else {place}
    assert near & {fault.position for fault in faults}, faults


@given(count=counts, data=st.data())
def test_edited_or_missing_payload_is_named(count: int, data: st.DataObject) -> None:
    """What was said cannot be changed, removed or given another kind without a fault."""
    entries, held = chain(count)
    place = data.draw(st.integers(0, count - 1))
    mine = payload(place)
    for other, kind in (
        (mine._replace(body=b'{"text":"others"}'), "payload edited"),
        (mine._replace(kind="msgpack"), "payload edited"),
        (None, "payload edited"),
    ):
        (fault,) = verify(entries, {**held, mine.digest: other}).faults
        assert (fault.position, fault.kind) == (place, kind)
    without = {digest: one for digest, one in held.items() if digest != mine.digest}
    (fault,) = verify(entries, without).faults
    assert (fault.position, fault.kind) == (place, "payload missing")


@given(count=st.integers(4, 14), data=st.data())
def test_anchors_find_a_rewritten_chain(
    tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject
) -> None:
    """One who edits a record and computes all hashes anew is found by the next signed head."""
    entries, held = chain(count)
    anchors = signed(entries, tmp_path_factory.getbasetemp())
    place = data.draw(st.integers(0, anchors[-1].position))
    forged = rehashed([*entries[:place], edited(entries[place], "body"), *entries[place + 1 :]])
    assert verify(forged, held).ok
    report = verify(forged, held, anchors, KEY.public_key())
    first = min(anchor.position for anchor in anchors if anchor.position >= place)
    assert (report.faults[0].kind, report.faults[0].position) == ("rewritten", first)
    assert report.anchors == sum(anchor.position < place for anchor in anchors)


@given(count=st.integers(4, 14), data=st.data())
def test_anchors_find_a_cut_tail(
    tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject
) -> None:
    """A thread whose end, or all of it, is gone still verifies by itself, and not with anchors."""
    entries, held = chain(count)
    anchors = signed(entries, tmp_path_factory.getbasetemp())
    left = entries[: data.draw(st.integers(0, anchors[-1].position))]
    assert verify(left, held, thread=THREAD).ok
    report = verify(left, held, anchors, KEY.public_key(), thread=THREAD)
    assert {fault.kind for fault in report.faults} == {"cut off"}
    assert report.faults[-1].position == anchors[-1].position


def test_untouched_chain_matches_its_anchors(tmp_path: Path) -> None:
    """All anchors of an honest thread match; those of other threads are passed over."""
    entries, held = chain(9)
    anchors = signed(entries, tmp_path)
    foreign = anchors[0]._replace(thread="other")
    report = verify(entries, held, [*anchors, foreign], KEY.public_key())
    assert report.ok
    assert (report.anchors, report.signed) == (2, True)
    assert not verify(entries, held, anchors).signed


@pytest.mark.parametrize("field", ["position", "hash", "time", "signature", "key"])
def test_forged_anchor_is_named(tmp_path: Path, field: str) -> None:
    """An anchor that was edited, or signed with another key, is told by its line."""
    entries, held = chain(8)
    anchors = signed(entries, tmp_path)
    value = 2 if field == "position" else "QUJD" if field == "signature" else "0" * 16
    changed = [anchors[0]._replace(**{field: value}), anchors[1]]
    (fault,) = verify(entries, held, changed, KEY.public_key()).faults
    assert (fault.kind, fault.type) == ("forged", "anchor")
    assert "line 1" in fault.text
    faults = verify(entries, held, anchors, OTHER.public_key()).faults
    assert [fault.kind for fault in faults] == ["forged", "forged"]


def test_several_keys_verify_after_a_change_of_keys(tmp_path: Path) -> None:
    """Anchors signed with an older key verify when that key is given too."""
    entries, held = chain(8)
    anchors = signed(entries, tmp_path)
    assert verify(entries, held, anchors, [OTHER.public_key(), KEY.public_key()]).anchors == 2


def pruned(entries: Sequence[Entry], before: int) -> list[Entry]:
    """The thread after its first records were pruned."""
    gone = next(entry for entry in entries if entry.position == before - 1)
    told = body(
        entries[-1].position + 1, "pruned", before=before, hash=gone.hash, runs=["r0"], by="ann"
    )
    last = entries[-1]
    (mark,) = chained([told], first=last.position + 1, prev=last.hash, seq=last.seq + 1)
    return [*(entry for entry in entries if entry.position >= before), mark]


@given(count=st.integers(4, 14), data=st.data())
def test_pruned_chain_verifies(
    tmp_path_factory: pytest.TempPathFactory, count: int, data: st.DataObject
) -> None:
    """After one prune or several the rest verifies, with the anchors of before."""
    entries, held = chain(count)
    anchors = signed(entries, tmp_path_factory.getbasetemp())
    left = pruned(entries, data.draw(st.integers(1, count - 1)))
    if len(left) > 2 and data.draw(st.booleans()):
        left = pruned(left, data.draw(st.integers(left[0].position + 1, left[-1].position)))
    report = verify(left, held, anchors, KEY.public_key())
    assert report.ok, report.faults
    assert report.first == left[0].position
    assert report.anchors == len(anchors)
    if len(left) > 2:
        assert [fault.kind for fault in verify(left[1:], held).faults] == ["removed"]


def test_prune_that_tells_another_hash_is_a_fault() -> None:
    """What was pruned must be what the record of it says."""
    entries, held = chain(8)
    left = pruned(entries, 4)
    told = json.loads(left[-1].body) | {"hash": "0" * 64}
    left[-1] = left[-1]._replace(body=json.dumps(told))
    kinds = {fault.kind for fault in verify(rehashed(left), held).faults}
    assert kinds == {"removed"}


@given(count=st.integers(2, 10), later=st.integers(0, 4), data=st.data())
def test_forgotten_chain_verifies(count: int, later: int, data: st.DataObject) -> None:
    """What was forgotten may be missing, and nothing that was said after."""
    bodies = [json.loads(entry.body) for entry in chain(count)[0]]
    marks = [body(count, "forgotten", payloads=count, by="ann")]
    new = [body(count + 1 + n, "decided", payload=payload(100 + n).digest) for n in range(later)]
    entries = chained([*(json.dumps(told) for told in bodies), *marks, *new])
    held = {payload(100 + n).digest: payload(100 + n) for n in range(later)}
    kept = data.draw(st.sets(st.integers(0, count - 1)))
    held |= {payload(n).digest: payload(n) for n in kept}
    report = verify(entries, held)
    assert report.ok, report.faults
    assert report.forgotten == count - len(kept)
    if later:
        del held[payload(100).digest]
        (fault,) = verify(entries, held).faults
        assert (fault.kind, fault.position) == ("payload missing", count + 1)


def test_message_of_a_request_cannot_be_changed_or_removed() -> None:
    """What a model was asked is checked message by message, though records name its last only."""
    first = json_payload({"before": "", "message": {"type": "human", "content": "why?"}})
    second = json_payload({"before": first.digest, "message": {"type": "ai", "content": "so"}})
    request = json_payload({"messages": second.digest, "tools": [], "settings": {}})
    held = {one.digest: one for one in (first, second, request)}
    entries = chained([body(0, "model_started", input=request.digest), body(1, "decided")])
    assert verify(entries, held).payloads == 3
    forged = {**held, first.digest: first._replace(body=first.body.replace(b"why", b"how"))}
    assert [fault.kind for fault in verify(entries, forged).faults] == ["payload edited"]
    del held[first.digest]
    assert [fault.kind for fault in verify(entries, held).faults] == ["payload missing"]


def test_record_of_another_thread_is_named() -> None:
    """A record whose column says another thread than its text was put there."""
    entries, held = chain(4)
    moved = [entry._replace(thread="other") for entry in entries]
    faults = verify(moved, held).faults
    assert [fault.position for fault in faults] == [0, 1, 2, 3]
    assert "thread" in faults[0].text


def test_text_that_is_no_json_is_told() -> None:
    """A record that cannot be read is a fault even where its hash is right."""
    entry = chained([body(0, "decided")])[0]
    text = "[1"
    broken = entry._replace(body=text, hash=link("", text))
    assert [fault.kind for fault in verify([broken], {}).faults] == ["unreadable"]
