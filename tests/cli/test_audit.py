"""`stretto audit`: who did what on one screen, whether it is as written, and a copy of it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from stretto.journal import open_journal
from stretto.journal.cipher import Cipher
from stretto.records import EffectEnded, RunEnded, RunStarted


def file(name: str = "journal.sqlite") -> Path:
    """A file of the project's state."""
    return Path(os.environ["STRETTO_HOME"]) / name


def execute(statement: str) -> None:
    """Change the journal as someone who has got at its file."""
    connection = sqlite3.connect(file())
    connection.execute(statement)
    connection.commit()
    connection.close()


def append(*records: Any) -> None:
    """Add records to the journal, as another process would; with a key it signs them."""

    async def write() -> None:
        async with open_journal(file()) as journal:
            for record in records:
                journal.append(record)
            await journal.flush()

    asyncio.run(write())


def run(thread: str, **fields: Any) -> tuple[Any, ...]:
    """The records of a short run."""
    base = {"time": 1000.0, "thread": thread, "run": f"run of {thread}"}
    begun = RunStarted(**base, team="team", question="Why?")
    return begun, RunEnded(**base, status="done", seconds=1, **fields)


@pytest.fixture
def signing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stretto: Any) -> Path:
    """Anchors are written with a key; gives where its public one is."""
    said = stretto("audit", "--new-key", str(tmp_path / "sign.pem"))
    assert said.code == 0
    assert "STRETTO_SIGNING_KEY" in said.out
    monkeypatch.setenv("STRETTO_SIGNING_KEY", str(tmp_path / "sign.pem"))
    monkeypatch.setenv("STRETTO_ANCHORS", str(tmp_path / "elsewhere" / "anchors.jsonl"))
    return tmp_path / "sign.pub.pem"


def test_audit_tells_who_decided_executed_and_approved(stretto: Any) -> None:
    """Decisions with reasons and what else was possible, agents with tools, people with answers."""
    stretto("run", "asks", "pay", "--thread", "t-1")
    stretto("resume", "t-1", "--reject", "too much", "--by", "ann")
    stretto("run", "team", "x", "--thread", "t-2")
    said = stretto("audit", "t-1").out
    for words in (
        "who approved",
        "ann  rejected: too much",
        "pay amount=5 to=Ann; pay amount=7 to=Bob",
        "who executed",
        "stretto audit t-1 --verify",
    ):
        assert words in said, said
    said = stretto("audit", "t-2").out
    for words in ("reviewer  accept    all is proven", "instead of", "look", "nobody was asked"):
        assert words in said, said


def test_audit_of_a_question_that_waits(stretto: Any) -> None:
    """What nobody has answered yet is told as that."""
    stretto("run", "asks", "pay", "--thread", "t-1")
    assert "nobody yet  waits for an answer" in stretto("audit", "t-1").out
    told = stretto("audit", "t-1", "--json").json
    assert (told["status"], told["approvals"][0]["answered"]) == ("interrupted", False)


def test_long_sections_show_their_last_lines(stretto: Any) -> None:
    """One screen is one screen; --all shows the rest."""
    base = {"time": 1000.0, "thread": "t", "run": "r"}
    ends = [RunEnded(**base, status="failed", error=f"error {n}", seconds=1) for n in range(30)]
    append(RunStarted(**base, team="team"), *ends)
    said = stretto("audit", "t").out
    assert "the last 8 of 30" in said
    assert "error 21" not in said
    assert "error 29" in said
    assert "error 0" in stretto("audit", "t", "--all").out


def test_what_the_ledger_did_is_told(stretto: Any) -> None:
    """What was given back from the record, and what was refused."""
    begun, ended = run("t")
    told = {"time": 1.0, "thread": "t", "run": "r", "key": "k", "kind": "tool", "agent": "payer"}
    append(
        begun,
        EffectEnded(**told, version="3", name="pay", status="returned"),
        EffectEnded(**told, version="3", name="pay", status="refused"),
        ended,
    )
    said = " ".join(stretto("audit", "t").out.split())
    assert "payer@3 pay tool 1 returned from the record, 1 refused" in said


def test_verify_tells_that_all_is_as_written(stretto: Any) -> None:
    """One thread by its id, or all; exit code 0."""
    stretto("run", "team", "x", "--thread", "t-1")
    stretto("run", "talk", "x", "--thread", "t-2")
    one = stretto("audit", "t-1", "--verify")
    assert (one.code, "chain intact" in one.out) == (0, True)
    both = stretto("audit", "--verify")
    assert (both.code, "2 threads, all as written" in both.out) == (0, True)
    told = stretto("audit", "--verify", "--json").json
    assert told["ok"]
    assert {one["thread"] for one in told["threads"]} == {"t-1", "t-2"}
    assert all(one["payloads"] > 0 for one in told["threads"])


def test_verify_names_each_fault_and_ends_with_1(stretto: Any) -> None:
    """An edited record is named by position, seq and type; the other thread is intact."""
    stretto("run", "team", "x", "--thread", "t-1")
    append(*run("t-2"))
    execute("UPDATE records SET body = replace(body, 'accept', 'revise') WHERE type = 'decided'")
    said = stretto("audit", "--verify")
    assert said.code == 1
    assert "✓ t-2" in said.out
    assert "✗ t-1" in said.out
    shown = " ".join(said.out.split())
    assert "decided) was edited: its text is not what was written" in shown
    assert "1 of them not as written" in said.out
    told = stretto("audit", "t-1", "--verify", "--json")
    assert (told.code, told.json["ok"]) == (1, False)
    assert told.json["threads"][0]["faults"][0]["type"] == "decided"


def test_chain_is_verified_and_exported_without_the_key(
    stretto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who may not read what was said can still see that nothing was changed."""
    monkeypatch.setenv("STRETTO_KEY", "ab" * 32)
    stretto("run", "team", "x", "--thread", "t-1")
    monkeypatch.delenv("STRETTO_KEY")
    said = stretto("audit", "--verify")
    assert (said.code, "Set STRETTO_KEY" in said.err) == (3, True)
    assert stretto("audit", "--verify", "--no-payloads").code == 0
    assert len(stretto("audit", "t-1", "--export", "-", "--no-payloads").out.splitlines()) > 10
    execute("DELETE FROM records WHERE seq = 3")
    assert stretto("audit", "--verify", "--no-payloads").code == 1


def test_verify_of_a_record_that_cannot_be_read(stretto: Any) -> None:
    """A start that is no JSON any more hides nothing from an audit of its thread."""
    append(*run("t-1"))
    execute("UPDATE records SET body = '{' WHERE seq = 1")
    said = stretto("audit", "t-1", "--verify")
    assert said.code == 1
    assert "record 0 (seq 1, run_started) was edited" in said.out


def test_anchors_are_checked_with_the_public_key(stretto: Any, signing: Path) -> None:
    """They match; a tail that is cut, and a thread that is gone, are found."""
    append(*run("t-1"))
    append(*run("t-2"))
    assert "1 anchor matches" in stretto("audit", "t-1", "--verify").out
    execute("DELETE FROM records WHERE thread = 't-2'")
    said = stretto("audit", "--verify", "--public-key", str(signing))
    assert said.code == 1
    assert "cut off  records up to 1 were signed on" in said.out
    assert stretto("audit", "t-2", "--verify").code == 1
    assert stretto("audit", "t-1", "--verify").code == 0


def test_anchors_without_a_key_are_compared_and_said_to_be_unchecked(
    stretto: Any, signing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the public key the signatures prove nothing, and the screen says so."""
    append(*run("t-1"))
    monkeypatch.delenv("STRETTO_SIGNING_KEY")
    assert "signatures not checked: give --public-key" in stretto("audit", "--verify").out
    monkeypatch.setenv("STRETTO_VERIFY_KEY", str(signing))
    assert "not checked" not in stretto("audit", "--verify").out


def test_line_that_is_no_anchor_is_a_fault(stretto: Any, signing: Path) -> None:
    """What cannot be read in the anchors' file may have been one."""
    append(*run("t-1"))
    with Path(os.environ["STRETTO_ANCHORS"]).open("a") as opened:
        opened.write("nonsense\n")
    said = stretto("audit", "--verify")
    assert (said.code, "line 2 is no anchor" in said.out) == (1, True)
    assert stretto("audit", "--verify", "--json").json["unreadable_anchors"] == [2]


def test_export_writes_json_lines(stretto: Any, tmp_path: Path) -> None:
    """To a file or the screen, with or without what was said."""
    stretto("run", "team", "x", "--thread", "t-1")
    target = tmp_path / "t-1.jsonl"
    assert stretto("audit", "t-1", "--export", str(target)).code == 0
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert lines[0]["thread"] == "t-1"
    assert lines[0]["records"] == len(lines) - 1
    assert any(line.get("payloads") for line in lines[1:])
    bare = stretto("audit", "t-1", "--export", "-", "--no-payloads").out.splitlines()
    assert len(bare) == len(lines)
    assert not any(json.loads(line)["payloads"] for line in bare[1:])
    said = stretto("audit", "t-1", "--export", str(tmp_path / "none" / "x"))
    assert (said.code, "Give --export another file" in said.err) == (3, True)


def test_unknown_thread_is_an_error(stretto: Any) -> None:
    """Whatever is asked of it."""
    append(*run("t-1"))
    for options in ((), ("--verify",), ("--export", "-")):
        said = stretto("audit", "nobody", *options)
        assert (said.code, "no thread 'nobody'" in said.err) == (2, True)


def test_no_threads_yet(stretto: Any) -> None:
    """Nothing to verify is no fault."""
    said = stretto("audit", "--verify")
    assert (said.code, "no threads yet" in said.out) == (0, True)


@pytest.mark.parametrize(
    ("change", "told", "word"),
    [
        ("time = 'abc'", "its column time differs", ""),
        ("position = 'abc'", "its position is no number", ""),
        ("body = x'ff00fe'", "its text is not what was written", "cannot be read"),
        ("type = x'ff'", "its column type differs", ""),
        ("run = x'ff', time = x'00'", "its column run, time differs", ""),
    ],
)
def test_columns_of_another_type_are_named_by_verify(
    stretto: Any, change: str, told: str, word: str
) -> None:
    """Nothing ends without a word, and the other threads are told all the same."""
    append(*run("t-1"))
    append(*run("t-2"))
    execute(f"UPDATE records SET {change} WHERE seq = 1")
    said = stretto("audit", "t-1", "--verify")
    assert (said.code, told in " ".join(said.out.split())) == (1, True), said
    assert stretto("audit", "t-1", "--export", "-").code == 0
    said = stretto("threads")
    assert (said.code, "t-2" in said.out, "t-1" in said.out) == (0, True, "type" not in change)
    said = stretto("show", "t-1")
    if word:
        assert said.code == 3
        assert word in said.err
        assert "stretto audit --verify" in said.err
        assert "record 1 " in said.err
    assert "TypeError" not in said.err
    assert stretto("show", "t-2").code == 0


@pytest.mark.parametrize("given", [("t-1",), ()])
def test_thread_whose_records_are_gone_is_a_fault(stretto: Any, given: tuple[str, ...]) -> None:
    """What it said is left: no command of ours leaves it so."""
    append(*run("t-1"))
    execute("UPDATE records SET thread = 'other' WHERE thread = 't-1'")
    said = stretto("audit", *given, "--verify")
    assert (said.code, "records are gone, 1 payload is left" in said.out) == (1, True), said
    execute("DELETE FROM payloads")
    execute("INSERT INTO fences VALUES ('t-1', 1, 1)")
    said = stretto("audit", *given, "--verify", "--no-payloads")
    assert (said.code, "records are gone, 0 payloads are left" in said.out) == (1, True), said


def test_options_that_would_do_nothing_are_refused(stretto: Any) -> None:
    """Each says what it goes with."""
    for given, told in (
        (("--verify", "--export", "-"), "one after the other"),
        (("--public-key", "x.pem"), "together with --verify"),
        (("--no-payloads",), "Add --verify or --export"),
    ):
        said = stretto("audit", "last", *given)
        assert (said.code, told in said.err) == (2, True), said


def test_encrypted_thread_without_its_key(stretto: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What needs no words goes on; what does says which key it wants; forgetting needs none."""
    stretto("run", "talk", "plain words", "--thread", "t-1")
    monkeypatch.setenv("STRETTO_KEY", "ab" * 32)
    stretto("run", "talk", "hidden words", "--thread", "t-2")
    monkeypatch.delenv("STRETTO_KEY")
    key = f"the key {Cipher(bytes.fromhex('ab' * 32)).id}"
    said = stretto("threads")
    assert said.code == 0
    assert "(encrypted)" in said.out
    assert "plain words" in said.out
    for command in ("show", "audit", "why"):
        assert stretto(command, "t-1").code == 0
        said = stretto(command, "t-2")
        assert (said.code, key in said.err) == (3, True), said
    assert stretto("audit", "t-2", "--verify", "--no-payloads").code == 0
    assert stretto("forget", "t-2", "--yes").code == 0
    verified = stretto("audit", "--verify")
    assert (verified.code, "forgotten" in verified.out) == (0, True)
