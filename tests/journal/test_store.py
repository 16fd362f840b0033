from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.errors import StateUnavailable, StateUnreadable
from stretto.journal import Privacy, open_journal
from stretto.journal.payloads import json_payload, object_payload
from stretto.records import (
    EffectEnded,
    EffectStarted,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    ToolStarted,
)
from tests.counting import counted_lines

if TYPE_CHECKING:
    from pathlib import Path

    from stretto.journal import Journal

WRITER = """
import asyncio, sys
from stretto.journal import open_journal
from stretto.records import ModelStarted

async def main(place, thread, count):
    async with open_journal(place) as journal:
        for number in range(count):
            journal.append(ModelStarted(time=number, thread=thread, run="r", model="m", messages=number))
            if number % 10 == 0:
                await journal.flush()
        await journal.flush()
        print("flushed", flush=True)
        sys.stdin.read()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
"""


def model_started(number: int, thread: str = "t", run: str = "r") -> ModelStarted:
    """A record that is told by its number."""
    return ModelStarted(time=float(number), thread=thread, run=run, model="m", messages=number)


async def writer(place: str, thread: str, count: int) -> asyncio.subprocess.Process:
    """Another process that writes, says "flushed" and waits to be let go or killed."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WRITER,
        place,
        thread,
        str(count),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


def readable(word: bytes, folder: Path) -> bool:
    """Whether a word stands in a file of a folder."""
    return any(word in file.read_bytes() for file in folder.iterdir() if file.is_file())


async def flushed(process: asyncio.subprocess.Process) -> None:
    """Wait until the other process has said it."""
    assert process.stdout is not None
    assert await process.stdout.readline() == b"flushed\n"


async def test_records_come_back_in_order_with_rising_seq(journal: Journal) -> None:
    """What was appended is read back as it was, oldest first."""
    sent = [model_started(number) for number in range(50)]
    for record in sent:
        journal.append(record)
    await journal.flush()
    got = await journal.records("t")
    assert [record.seq for record in got] == list(range(1, 51))
    assert [record.model_copy(update={"seq": 0}) for record in got] == sent


async def test_reading_can_be_narrowed(journal: Journal) -> None:
    """By thread, run, type and position."""
    journal.append(model_started(1, "a", "r1"))
    journal.append(ToolStarted(time=2, thread="a", run="r2", tool="search"))
    journal.append(model_started(3, "b", "r3"))
    await journal.flush()
    assert [record.seq for record in await journal.records("a")] == [1, 2]
    assert [record.seq for record in await journal.records(run="r2")] == [2]
    assert [record.seq for record in await journal.records(types=["model_started"])] == [1, 3]
    assert [record.seq for record in await journal.records(after=2)] == [3]
    assert await journal.records("a", types=[], after=0) == []


async def test_effects_are_found_by_their_key(journal: Journal) -> None:
    """And by the family of their checkpoints; also by a key longer than an index can hold."""
    long = "tool|" + "x" * 5_000
    for thread, key, family in (
        ("a", "k1", "f1"),
        ("a", "k2", "f2"),
        ("b", "k1", "f1"),
        ("a", long, "f1"),
    ):
        at = {"time": 1, "thread": thread, "run": "r", "key": key, "kind": "tool", "name": "n"}
        journal.append(EffectStarted.model_validate({**at, "effect": "ask", "family": family}))
        journal.append(EffectEnded.model_validate({**at, "status": "settled"}))
    await journal.flush()
    assert [r.seq for r in await journal.records("a", key="k1")] == [1, 2]
    assert [r.seq for r in await journal.records(key="k1")] == [1, 2, 5, 6]
    assert [r.seq for r in await journal.records("a", key=long)] == [7, 8]
    assert [r.seq for r in await journal.records("a", family="f1")] == [1, 7]
    assert [r.seq for r in await journal.records("a", key="k1", types=["effect_ended"])] == [2]


async def test_payloads_are_kept_apart_for_each_thread(journal: Journal) -> None:
    """Of any size; those that are not there are left out."""
    small, large = json_payload({"q": "why"}), json_payload(["word"] * 5_000)
    thing = object_payload((1, b"two"))
    journal.append(model_started(1), [small, large, thing])
    journal.append(model_started(2, "other"), [small])
    await journal.flush()
    everything = [small.digest, large.digest, thing.digest, "absent", ""]
    assert await journal.payloads("t", everything) == {p.digest: p for p in (small, large, thing)}
    assert await journal.payloads("other", everything) == {small.digest: small}
    assert journal.payloads_now("nobody", everything) == {}
    assert await journal.payloads("t", [f"{number:064}" for number in range(2_000)]) == {}


async def test_what_was_said_need_not_be_read(journal: Journal) -> None:
    """Numbers are counted without it."""
    journal.append(RunStarted(time=1, thread="t", run="r", team="x", question="why?"))
    journal.append(
        ModelEnded(time=2, thread="t", run="r", model="m", text="so", input_tokens=7, seconds=1)
    )
    await journal.flush()
    run, model = await journal.records("t", said=False)
    assert isinstance(run, RunStarted)
    assert isinstance(model, ModelEnded)
    assert (run.question, model.text, model.input_tokens) == ("", "", 7)
    assert run.payload
    whole = journal.records_now("t")
    assert [r.model_copy(update={"question": "", "text": ""}) for r in whole] == [run, model]


async def test_all_can_be_read_in_pages(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same records as at once, and those that come while they are read."""
    monkeypatch.setattr("stretto.journal.selecting.PAGE", 4)
    for number in range(9):
        journal.append(model_started(number, thread=f"t{number % 2}"))
    journal.append(RunEnded(time=9, thread="t0", run="r", status="failed", seconds=1, error="why"))
    await journal.flush()
    stored = await journal.records(said=False)
    pages = [page async for page in journal.pages()]
    assert [len(page) for page in pages] == [4, 4, 2]
    assert [record for page in pages for record in page] == stored
    assert list(journal.pages_now(types=("run_ended",))) == [stored[-1:]]
    assert [page async for page in journal.pages(after=stored[-3].seq)] == [stored[-2:]]
    async for _ in (reading := journal.pages(after=stored[-2].seq)):
        journal.append(model_started(10))
        await journal.flush()
        break
    assert [len(page) async for page in reading] == [1]


@pytest.mark.parametrize("body", ["{}", '{"x', "{}},{", '{"type":"pruned"},{"seq":2}'])
async def test_a_damaged_record_of_a_page_is_named(tmp_path: Path, body: str) -> None:
    """Whatever someone wrote in its place."""
    place = tmp_path / "journal.sqlite"
    async with open_journal(place) as journal:
        for number in range(3):
            journal.append(model_started(number))
        await journal.flush()
        with sqlite3.connect(place) as hand:
            hand.execute("UPDATE records SET body = ? WHERE seq = 2", (body,))
        with pytest.raises(StateUnreadable, match="record 2 of the journal"):
            _ = [page async for page in journal.pages()]


async def test_a_subscriber_is_told_the_digest_of_what_was_said(journal: Journal) -> None:
    """The one under which it is stored."""
    with journal.subscribe() as queue:
        journal.append(RunStarted(time=1, thread="t", run="r", team="x", question="why?"))
        await journal.flush()
        (stored,) = await journal.records("t")
        assert queue.get_nowait() == stored


async def test_with_a_key_nothing_that_was_said_is_readable(place: str, tmp_path: Path) -> None:
    """Not by who has the files; whoever has no key is told so, and can still count."""
    pytest.importorskip("cryptography")
    from stretto.journal.cipher import Cipher

    sealed = Privacy(rules=(), cipher=Cipher(b"k" * 32))
    payload = json_payload({"plum": "x" * 5_000})
    async with open_journal(place, privacy=sealed) as journal:
        journal.append(
            RunStarted(time=1, thread="t", run="r", team="x", question="plum?"), [payload]
        )
        await journal.flush()
        (record,) = await journal.records("t")
        assert isinstance(record, RunStarted)
        assert record.question == "plum?"
        assert await journal.payloads("t", [payload.digest]) == {payload.digest: payload}
    assert not readable(b"plum", tmp_path)
    async with open_journal(place, privacy=Privacy()) as journal:
        with pytest.raises(StateUnreadable, match="STRETTO_KEY"):
            await journal.records("t")
        assert len(await journal.records("t", said=False)) == 1
        assert (await journal.usage("t")).model_calls == 0


async def test_what_cannot_be_told_in_json_is_stored_all_the_same(journal: Journal) -> None:
    """As words."""
    odd = ToolStarted(time=1, thread="t", run="r", tool="x", args={"what": object()})
    journal.append(odd)
    await journal.flush()
    (record,) = await journal.records("t")
    assert isinstance(record, ToolStarted)
    assert "object" in record.args["what"]


async def test_what_one_process_stored_another_reads(journal: Journal, place: str) -> None:
    """A second journal on the same store sees what the first has flushed."""
    journal.append(model_started(1))
    await journal.flush()
    async with open_journal(place) as other:
        assert len(await other.records("t")) == 1


async def test_leaving_the_journal_stores_what_is_left(place: str) -> None:
    """Without a flush."""
    async with open_journal(place) as journal:
        journal.append(model_started(1))
    async with open_journal(place) as again:
        assert len(await again.records("t")) == 1


async def test_a_closed_journal_takes_nothing_more(file_journal: Journal) -> None:
    """It says so, rather than losing the record."""
    await file_journal.aclose()
    await file_journal.aclose()
    with pytest.raises(StateUnavailable, match="closed"):
        file_journal.append(model_started(1))


async def test_a_subscriber_gets_every_record_in_order(journal: Journal) -> None:
    """With its `seq`; a flush has handed over all that came before."""
    with journal.subscribe() as queue:
        for number in range(100):
            journal.append(model_started(number))
        await journal.flush()
        got = [queue.get_nowait() for _ in range(queue.qsize())]
    assert [record.seq for record in got] == list(range(1, 101))
    journal.append(model_started(101))
    await journal.flush()
    assert queue.empty()


async def test_appending_from_threads_loses_nothing(journal: Journal) -> None:
    """Synchronous graphs run their nodes in threads."""

    def work(thread: int) -> None:
        for number in range(200):
            journal.append(model_started(number, str(thread)))

    await asyncio.gather(*(asyncio.to_thread(work, thread) for thread in range(4)))
    await journal.flush()
    for thread in range(4):
        got = await journal.records(str(thread))
        assert [record.time for record in got] == list(range(200))


async def test_processes_write_one_journal_at_once(place: str) -> None:
    """None waits for ever, none loses a record, and each sees its own in order."""
    processes = [await writer(place, f"t{number}", 300) for number in range(3)]
    for process in processes:
        await flushed(process)
        await process.communicate(b"")
    async with open_journal(place) as journal:
        everything = await journal.records()
        assert len({record.seq for record in everything}) == 900
        for number in range(3):
            got = await journal.records(f"t{number}")
            assert [record.time for record in got] == list(range(300))


async def test_killing_a_writer_loses_nothing_flushed(place: str) -> None:
    """`kill -9` leaves the journal readable and whole."""
    process = await writer(place, "t", 95)
    await flushed(process)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    async with open_journal(place) as journal:
        assert len(await journal.records("t")) == 95
        journal.append(model_started(96))
        await journal.flush()


async def test_threads_usage_and_the_last_turn(journal: Journal) -> None:
    """Summaries are read from the stored records."""
    journal.append(RunStarted(time=1, thread="a", run="1", team="research", question="why?"))
    journal.append(model_started(2, "a", "1"))
    journal.append(RunEnded(time=3, thread="a", run="1", status="done", seconds=2))
    journal.append(RunStarted(time=4, thread="a", run="2", team="research", question="how?"))
    journal.append(model_started(5, "a", "2"))
    journal.append(
        ModelEnded(
            time=6, thread="a", run="2", model="m", input_tokens=7, output_tokens=8, seconds=1
        )
    )
    journal.append(RunEnded(time=7, thread="a", run="2", status="interrupted", seconds=3))
    await journal.flush()
    (summary,) = await journal.threads()
    assert (summary.thread, summary.question, summary.status) == ("a", "how?", "interrupted")
    assert (summary.started, summary.updated, summary.runs) == (1, 7, 2)
    assert (await journal.usage("a")).model_calls == 2
    assert (await journal.usage("a", run="1")).model_calls == 1
    spent = await journal.spent("a")
    assert (spent.model_calls, spent.input_tokens, spent.output_tokens) == (1, 7, 8)
    last = await journal.last_run("a")
    assert last is not None
    assert last.run == "2"
    assert await journal.last_run("nobody") is None


async def test_a_record_costs_little(tmp_path: Path) -> None:
    """At most 300 lines of Python are run to append, store and hand over a record.

    170 are as of now. Seconds are measured in `bench.journal`.
    """
    count = 1_000
    with counted_lines() as lines:
        async with open_journal(tmp_path / "journal.sqlite") as journal:
            with journal.subscribe() as queue:
                for number in range(count):
                    journal.append(model_started(number))
                await journal.flush()
                assert queue.qsize() == count
    assert lines() < 300 * count


@given(text=st.text(st.characters()), thread=st.text(st.characters()))
@settings(max_examples=30, deadline=None)
async def test_any_text_can_be_stored(
    tmp_path_factory: pytest.TempPathFactory, text: str, thread: str
) -> None:
    """Lone surrogates, as a command line can hold them, do not stop a run."""
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    async with open_journal(path) as journal:
        journal.append(RunStarted(time=1, thread=thread, run="r", team="t", question=text))
        await journal.flush()
        (record,) = await journal.records(thread)
    assert isinstance(record, RunStarted)
    assert len(record.question) >= min(len(text), 1)


async def test_a_waiting_flush_may_be_cancelled(file_journal: Journal) -> None:
    """The journal goes on."""
    file_journal.append(model_started(1))
    task = asyncio.create_task(file_journal.flush())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await file_journal.flush()
    assert len(await file_journal.records()) == 1


def test_a_journal_serves_several_event_loops(tmp_path: Path) -> None:
    """A server may run each job in a loop of its own."""

    async def main() -> int:
        async with open_journal(tmp_path / "journal.sqlite") as journal:

            async def work() -> None:
                journal.append(model_started(1))
                await journal.flush()

            await asyncio.to_thread(lambda: asyncio.run(work()))
            return len(await journal.records())

    assert asyncio.run(main()) == 1


def test_reading_the_journal_needs_no_langgraph() -> None:
    """`stretto threads` answers fast."""
    code = "import sys, stretto.journal; sys.exit('langgraph' in sys.modules or 'langchain_core' in sys.modules)"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", code]) == 0
