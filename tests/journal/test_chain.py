from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from stretto.journal import open_journal
from stretto.journal.chain import link
from stretto.journal.payloads import json_payload
from stretto.records import ModelStarted, Pruned, RunEnded, RunStarted, ToolStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from stretto.journal import Entry, Journal

    Holds = Callable[[Sequence[Entry]], bool]

THREADS = ("a", "b", "thread ö")


def test_the_hash_is_that_of_the_documentation() -> None:
    """A script that has never heard of us computes it too."""
    mine = sha256(b'abc\n{"type":"node_started","node":"\xc3\xb6"}').hexdigest()
    assert link("abc", '{"type":"node_started","node":"ö"}') == mine
    assert link("", "{}") == sha256(b"\n{}").hexdigest()


async def test_each_thread_is_one_chain(journal: Journal, holds: Holds) -> None:
    """From the empty hash on, whatever is written between."""
    for number in range(60):
        journal.append(
            ToolStarted(
                time=number, thread=THREADS[number % 3], run="r", tool="t", args={"n": number}
            )
        )
        if number % 7 == 0:
            await journal.flush()
    await journal.flush()
    for thread in THREADS:
        entries = await journal.entries(thread)
        assert [entry.position for entry in entries] == list(range(20))
        assert entries[0].prev == ""
        assert holds(entries)
        assert {(e.thread, e.type, e.run) for e in entries} == {(thread, "tool_started", "r")}
    assert await journal.entries("nobody") == []


async def test_several_processes_write_one_chain(place: str, holds: Holds) -> None:
    """Each record is linked to the one before it, whoever wrote that."""

    async def write() -> None:
        async with open_journal(place) as journal:
            for number in range(40):
                journal.append(
                    ModelStarted(time=1, thread="t", run="r", model="m", messages=number)
                )
                if number % 3 == 0:
                    await journal.flush()

    await asyncio.gather(*(write() for _ in range(4)))
    async with open_journal(place) as journal:
        entries = await journal.entries("t")
    assert [entry.position for entry in entries] == list(range(160))
    assert [entry.seq for entry in entries] == sorted(entry.seq for entry in entries)
    assert holds(entries)


async def test_it_is_told_where_records_come_to_stand(journal: Journal) -> None:
    """For anchors outside the database; after they are stored."""
    told: list[tuple[str, int, str, str]] = []
    journal.on_stored = told.extend
    journal.append(ModelStarted(time=1, thread="a", run="r", model="m", messages=1))
    journal.append(RunEnded(time=1, thread="b", run="r", status="done", seconds=1))
    await journal.flush()
    await journal.forget("a")
    found = [e for thread in ("a", "b") for e in await journal.entries(thread)]
    assert sorted(told) == sorted((e.thread, e.position, e.hash, e.type) for e in found)


async def test_what_was_changed_shows(file_journal: Journal, holds: Holds) -> None:
    """An edited, a removed, a doubled record and two in another order: these tests are not blind."""
    for number in range(8):
        file_journal.append(RunStarted(time=number, thread="t", run=f"r{number}", team="x"))
    await file_journal.flush()
    e = await file_journal.entries("t")
    edited = e[3]._replace(body=e[3].body.replace("r3", "r4"))
    assert holds(e)
    assert not holds([*e[:3], edited, *e[4:]])
    assert not holds([*e[:4], *e[5:]])
    assert not holds([*e[:4], e[3], *e[4:]])
    assert not holds([*e[:2], e[3], e[2], *e[4:]])


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"), st.integers(0, 1), st.sampled_from(THREADS), st.integers(0, 5)
        ),
        st.tuples(st.just("run"), st.integers(0, 1), st.sampled_from(THREADS), st.booleans()),
        st.tuples(st.just("flush"), st.integers(0, 1)),
        st.tuples(st.just("forget"), st.integers(0, 1), st.sampled_from(THREADS)),
        st.tuples(st.just("prune"), st.integers(0, 1), st.integers(0, 2)),
    ),
    max_size=40,
)


@given(STEPS)
@settings(max_examples=60)
async def test_whatever_is_done_the_chains_hold(
    tmp_path_factory: pytest.TempPathFactory, holds: Holds, steps: list[tuple[object, ...]]
) -> None:
    """Two journals on one file, several threads, forgetting and pruning between.

    And no record that has not been forgotten misses its words.
    """
    path = tmp_path_factory.mktemp("journal") / "journal.sqlite"
    async with open_journal(path) as one, open_journal(path) as two:
        for place, step in enumerate(steps):
            await do((one, two), place, step)
        await one.flush()
        await two.flush()
        for thread in THREADS:
            await whole(one, thread, holds)


async def do(journals: tuple[Journal, Journal], place: int, step: tuple[object, ...]) -> None:
    """One step."""
    journal = journals[int(str(step[1]))]
    match step:
        case ("append", _, str(thread), int(number)):
            payload = json_payload(["same", number])
            journal.append(
                ToolStarted(time=place, thread=thread, run="r", tool="t", args={"n": number}, input=payload.digest),
                [payload],
            )  # fmt: skip
        case ("run", _, str(thread), bool(done)):
            run = str(place)
            journal.append(
                RunStarted(time=place, thread=thread, run=run, team="x", question="same")
            )
            if done:
                journal.append(
                    RunEnded(time=place, thread=thread, run=run, status="done", seconds=1)
                )
        case ("forget", _, str(thread)):
            await journal.forget(thread)
        case ("prune", _, int(keep)):
            await journal.prune(keep=keep)
        case _:
            await journal.flush()


async def whole(journal: Journal, thread: str, holds: Holds) -> None:
    """A thread's chain holds, from the last pruning on, and what it refers to is there."""
    entries = await journal.entries(thread)
    assert holds(entries)
    records = await journal.records(thread)
    pruned = [r for r in records if isinstance(r, Pruned)]
    if entries:
        assert entries[0].position == (pruned[-1].before if pruned else 0)
        assert entries[0].prev == (pruned[-1].hash if pruned else "")
    forgotten = max((p for p, r in enumerate(records) if r.type == "forgotten"), default=-1)
    for record in records[forgotten + 1 :]:
        assert not record.forgotten
        if isinstance(record, ToolStarted):
            assert record.input in await journal.payloads(thread, [record.input])
