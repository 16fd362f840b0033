"""A thread of a real store is verified and exported, before and after all that may be done to it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from stretto.errors import KeyUnknown
from stretto.journal import open_journal
from stretto.journal.anchors import Anchors, read_anchors
from stretto.journal.audit import verify
from stretto.journal.cipher import Cipher
from stretto.journal.evidence import evidence, thread_names
from stretto.journal.payloads import json_payload, object_payload
from stretto.journal.privacy import Privacy
from stretto.records import Answered, Decided, ModelStarted, RunEnded, RunStarted, ToolEnded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stretto.journal import Journal
    from stretto.journal.audit import Report

KEY = Ed25519PrivateKey.from_private_bytes(b"\7" * 32)


async def written(journal: Journal, thread: str = "t", runs: int = 3) -> None:
    """Runs with all that a record may refer to."""
    for number in range(runs):
        base = {"time": 1000.0 + number, "thread": thread, "run": f"{thread}-r{number}"}
        first = json_payload({"before": "", "message": {"type": "human", "content": "why?"}})
        second = json_payload({"before": first.digest, "message": {"type": "ai", "content": "so"}})
        asked = json_payload({"messages": second.digest, "tools": [], "settings": {}})
        given = object_payload({"number": number})
        journal.append(RunStarted(**base, team="team", question=f"number {number}, a@b.co"))
        journal.append(
            ModelStarted(**base, model="m", messages=2, input=asked.digest), [first, second, asked]
        )
        journal.append(
            ToolEnded(
                **base, tool="look", status="done", result="x", output=given.digest, seconds=1
            ),
            [given],
        )
        journal.append(Decided(**base, by="planner", decision="plan", reason=f"why {number}"))
        journal.append(Answered(**base, interrupt="", answer={"yes": number}, by="ann"))
        journal.append(RunEnded(**base, status="done", seconds=2))
    await journal.flush()


async def judged(journal: Journal, *anchors: Any, thread: str = "t") -> Report:
    """What the verification of the thread comes to."""
    return verify(*await evidence(journal, thread), *anchors, thread=thread)


async def test_thread_verifies_after_all_that_may_be_done_to_it(
    journal: Journal, tmp_path: Path
) -> None:
    """As written, pruned once and again, forgotten, and gone on with."""
    anchors = Anchors(tmp_path / "anchors.jsonl", KEY)
    journal.on_stored = anchors.note
    await written(journal)
    report = await judged(journal, read_anchors(anchors.path), KEY.public_key())
    assert report.ok, report.faults
    assert (report.records, report.anchors) == (18, 1)
    assert report.payloads == 3 * 4 + 1 + 3  # what runs share is stored once
    for keep in (2, 1):
        assert await journal.prune(keep=keep, by="ann") == 6
        report = await judged(journal, read_anchors(anchors.path), KEY.public_key())
        assert report.ok, report.faults
    assert report.first == 12
    assert await journal.forget("t", by="ann") > 0
    await written(journal, runs=1)
    report = await judged(journal, read_anchors(anchors.path), KEY.public_key())
    assert report.ok, report.faults
    assert report.forgotten > 0
    assert report.anchors == len(read_anchors(anchors.path))


SQLITE = {
    "body": (
        "UPDATE records SET body = replace(body, 'planner', 'nobody!') WHERE type='decided'",
        "edited",
    ),
    "column": ("UPDATE records SET type = 'feedback' WHERE seq = 4", "edited"),
    "removed": ("DELETE FROM records WHERE seq = 4", "removed"),
    "payload": (
        "UPDATE payloads SET body = '{\"reason\":\"none\"}' WHERE kind = 'said'",
        "payload edited",
    ),
    "payload gone": ("DELETE FROM payloads WHERE kind = 'said'", "payload missing"),
    "message": (
        "UPDATE payloads SET body = replace(body, 'why?', 'how?') WHERE kind = 'json'",
        "payload edited",
    ),
}
POSTGRES = {
    name: (
        statement.replace("records", "stretto_records")
        .replace("payloads", "stretto_payloads")
        .replace("replace(body, 'why?', 'how?')", "'{}'")
        .replace('\'{"reason":"none"}\'', "'{}'::bytea"),
        kind,
    )
    for name, (statement, kind) in SQLITE.items()
}


@pytest.mark.parametrize("name", SQLITE)
async def test_what_is_changed_in_the_database_is_named(
    place: str, name: str, postgres_or_file: Callable[[str, str], None]
) -> None:
    """Whoever can write to the file or the database cannot do it unseen."""
    async with open_journal(place) as journal:
        await written(journal)
        assert (await judged(journal)).ok
    statement, kind = (SQLITE if "/journal.sqlite" in place else POSTGRES)[name]
    postgres_or_file(place, statement)
    async with open_journal(place) as journal:
        report = await judged(journal)
    assert kind in {fault.kind for fault in report.faults}, report.faults


@pytest.fixture
def postgres_or_file() -> Callable[[str, str], None]:
    """Executes a statement as someone who has got at the database."""

    def execute(place: str, statement: str) -> None:
        if place.endswith(".sqlite"):
            connection = sqlite3.connect(place)
            connection.execute(statement)
            connection.commit()
            connection.close()
            return
        import psycopg

        with psycopg.connect(place, autocommit=True) as opened:
            opened.execute(statement.encode())

    return execute


async def test_tail_that_is_cut_in_the_database_is_found_by_anchors(
    place: str, tmp_path: Path, postgres_or_file: Callable[[str, str], None]
) -> None:
    """The chain alone cannot show that its end is gone."""
    anchors = Anchors(tmp_path / "anchors.jsonl", KEY)
    async with open_journal(place) as journal:
        journal.on_stored = anchors.note
        await written(journal)
    table = "records" if place.endswith(".sqlite") else "stretto_records"
    postgres_or_file(place, f"DELETE FROM {table} WHERE seq > 9")
    async with open_journal(place) as journal:
        assert (await judged(journal)).ok
        report = await judged(journal, read_anchors(anchors.path), KEY.public_key())
    assert [fault.kind for fault in report.faults] == ["cut off"]
    assert "8 is the last" in report.faults[0].text


def stored(folder: Path) -> bytes:
    """All that lies in the files of a folder."""
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_encrypted_thread_is_verified_with_its_key_only(tmp_path: Path) -> None:
    """Damage of a sealed payload is a fault; a missing key is an error that says so."""
    place = tmp_path / "journal.sqlite"
    sealing = Privacy(cipher=Cipher(b"k" * 32))
    async with open_journal(place, privacy=sealing) as journal:
        await written(journal)
        assert (await judged(journal)).ok
    assert b"why 1" not in stored(tmp_path)
    async with open_journal(place, privacy=Privacy()) as journal:
        with pytest.raises(KeyUnknown, match="Set STRETTO_KEY"):
            await evidence(journal, "t")
    connection = sqlite3.connect(place)
    rows = connection.execute("SELECT digest, body FROM payloads ORDER BY digest").fetchall()
    (first, body), (second, _), (third, longer), *_ = rows
    changed = (body[:-1] + bytes([body[-1] ^ 1]), first), ("text", second), (longer[:40], third)
    connection.executemany("UPDATE payloads SET body = ? WHERE digest = ?", changed)
    connection.commit()
    connection.close()
    async with open_journal(place, privacy=sealing) as journal:
        report = await judged(journal)
    assert {fault.kind for fault in report.faults} == {"payload edited"}
    assert {digest[:12] for digest in (first, second, third)} == {
        fault.text.partition("(")[2].rpartition("…")[0].rpartition("(")[2]
        for fault in report.faults
    }


async def test_names_of_threads_come_from_records_and_anchors(
    journal: Journal, tmp_path: Path
) -> None:
    """A thread that is gone from the database is still asked about if it was ever signed."""
    anchors = Anchors(tmp_path / "anchors.jsonl", KEY)
    await written(journal, "one", runs=1)
    anchors.note([("two", 3, "h", "run_ended")])
    assert await thread_names(journal, read_anchors(anchors.path)) == ["one", "two"]
    report = await judged(journal, read_anchors(anchors.path), KEY.public_key(), thread="two")
    assert [fault.kind for fault in report.faults] == ["cut off"]
    assert "none is left" in report.faults[0].text
