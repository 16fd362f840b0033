from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import InvalidInput
from stretto.journal import open_journal
from stretto.journal.payloads import Payload, json_payload
from stretto.journal.retention import Rule, Stand, Turn, cut, turns
from stretto.records import (
    AnyRecord,
    Feedback,
    Forgotten,
    ModelStarted,
    NodeStarted,
    Pruned,
    RunEnded,
    RunStarted,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.journal import Entry, Journal

    Holds = Callable[[Sequence[Entry]], bool]

NOW = time.time()
DAY = 86_400.0


def started(run: str, *, resumed: bool = False, at: float = 0, thread: str = "t") -> RunStarted:
    """The start of a run, so many seconds ago."""
    return RunStarted(
        time=NOW - at, thread=thread, run=run, team="x", question=f"{run}?", resumed=resumed
    )


def ended(run: str, status: str = "done", *, at: float = 0, thread: str = "t") -> RunEnded:
    """Its end."""
    told = {"time": NOW - at, "thread": thread, "run": run, "status": status, "seconds": 1}
    return RunEnded.model_validate(told)


async def kept(journal: Journal, thread: str = "t") -> list[str]:
    """What is left of a thread: types, with the runs of their starts."""
    records = await journal.records(thread)
    return [r.run if isinstance(r, RunStarted) else r.type for r in records]


async def three_runs(journal: Journal) -> None:
    """Three turns that are done: three days, two days and one day ago."""
    for number in (3, 2, 1):
        journal.append(started(str(number), at=number * DAY))
        journal.append(ModelStarted(time=1, thread="t", run=str(number), model="m", messages=1))
        journal.append(ended(str(number), at=number * DAY - 60))
    await journal.flush()


async def test_old_runs_go_by_age(journal: Journal, holds: Holds) -> None:
    """With all their records; what is left is one chain that goes on from the last one gone."""
    await three_runs(journal)
    before = await journal.entries("t")
    assert await journal.prune(older_than=1.5 * DAY, by="ada") == 6
    assert await kept(journal) == ["1", "model_started", "run_ended", "pruned"]
    entries = await journal.entries("t")
    assert holds(entries)
    assert entries[:3] == before[6:]
    assert entries[0].prev == before[5].hash
    told = (await journal.records("t"))[-1]
    assert isinstance(told, Pruned)
    assert (told.before, told.hash, told.runs, told.by) == (6, before[5].hash, ("3", "2"), "ada")


async def test_old_runs_go_by_count(journal: Journal, holds: Holds) -> None:
    """The newest stay; pruning again changes nothing."""
    await three_runs(journal)
    assert await journal.prune(keep=2) == 3
    assert [run for run in await kept(journal) if run.isdigit()] == ["2", "1"]
    assert await journal.prune(keep=2) == 0
    assert await journal.prune(keep=1) == 3
    assert await journal.prune(keep=0) == 5
    assert await kept(journal) == ["pruned"]
    assert await journal.prune(keep=0) == 0
    journal.append(started("4"))
    await journal.flush()
    entries = await journal.entries("t")
    assert holds(entries)
    assert [entry.position for entry in entries] == [11, 12]
    assert entries[0].prev


async def test_a_run_that_either_wish_keeps_is_kept(journal: Journal) -> None:
    """Age and count together."""
    await three_runs(journal)
    assert await journal.prune(older_than=DAY / 2, keep=3) == 0
    assert await journal.prune(older_than=9 * DAY, keep=0) == 0
    assert await journal.prune(older_than=2.5 * DAY, keep=1) == 3


@pytest.mark.parametrize("status", ["failed", "interrupted", "stopped", ""])
async def test_what_can_be_resumed_stays(journal: Journal, status: str) -> None:
    """Its effects would happen again."""
    await three_runs(journal)
    journal.append(started("0", at=DAY))
    if status:
        journal.append(ended("0", status, at=DAY))
    await journal.flush()
    assert await journal.prune(keep=0) == 9
    left = ["0", "run_ended", "pruned"] if status else ["0", "pruned"]
    assert await kept(journal) == left


async def test_a_turn_is_not_cut_in_two(journal: Journal) -> None:
    """A run that was interrupted belongs to the one that resumed it."""
    for record in (
        started("1"),
        ended("1", "interrupted"),
        started("2", resumed=True),
        ended("2"),
        started("3"),
        ended("3"),
    ):
        journal.append(record)
    await journal.flush()
    assert await journal.prune(keep=2) == 0
    assert await journal.prune(keep=1) == 4


async def test_a_killed_run_goes_with_its_turn(journal: Journal) -> None:
    """It has no end; the run that resumed it has."""
    for record in (
        started("1"),
        NodeStarted(time=NOW, thread="t", run="1", node="n"),
        started("2", resumed=True),
        ended("2"),
        started("3"),
        ended("3"),
    ):
        journal.append(record)
    await journal.flush()
    assert await journal.prune(keep=1) == 4


async def test_a_run_that_still_writes_is_not_cut(journal: Journal) -> None:
    """A server may let two runs on a thread."""
    for record in (
        started("1"),
        started("2"),
        ended("2"),
        NodeStarted(time=NOW, thread="t", run="1", node="n"),
    ):
        journal.append(record)
    await journal.flush()
    assert await journal.prune(keep=0) == 0


async def test_what_is_said_of_an_old_run_holds_up_nothing(journal: Journal) -> None:
    """Feedback comes when a run has long ended; it stays."""
    await three_runs(journal)
    journal.append(Feedback(time=NOW, thread="t", run="3", on="3", thumb="up"))
    await journal.flush()
    assert await journal.prune(keep=1) == 6
    assert "feedback" in await kept(journal)


async def test_every_thread_is_pruned_by_itself(journal: Journal) -> None:
    """Their counts and chains are their own."""
    for thread in ("a", "b"):
        for run in "123":
            journal.append(started(f"{thread}{run}", thread=thread))
            journal.append(ended(f"{thread}{run}", thread=thread))
    await journal.flush()
    assert await journal.prune(keep=1) == 8
    assert await kept(journal, "a") == ["a3", "run_ended", "pruned"]


async def test_payloads_go_with_the_records_that_refer_to_them(journal: Journal) -> None:
    """Those that are left keep theirs, and what these name: a request the links of its messages."""
    first = json_payload({"before": "", "message": "hello"})
    second = json_payload({"before": first.digest, "message": "again"})
    lost = json_payload({"before": first.digest, "message": "elsewhere"})
    request = json_payload({"messages": second.digest, "tools": []})

    def model(run: str, payload: Payload) -> ModelStarted:
        return ModelStarted(
            time=NOW, thread="t", run=run, model="m", messages=1, input=payload.digest
        )

    for run, payload in (("1", lost), ("2", request)):
        journal.append(started(run))
        journal.append(model(run, payload), [first, second, lost, request])
        journal.append(ended(run))
    await journal.flush()
    assert await journal.prune(keep=1) == 3
    everything = {p.digest for p in (first, second, lost, request)}
    assert set(await journal.payloads("t", everything)) == everything - {lost.digest}
    (left,) = [r for r in await journal.records("t") if isinstance(r, RunStarted)]
    assert (left.question, left.forgotten) == ("2?", False)


async def test_a_prune_must_say_what_is_old(journal: Journal) -> None:
    """Rather than take everything."""
    with pytest.raises(InvalidInput, match="how many runs to keep"):
        await journal.prune()
    with pytest.raises(InvalidInput, match="-1 runs"):
        await journal.prune(keep=-1)
    with pytest.raises(InvalidInput, match="age"):
        await journal.prune(older_than=-1)


async def test_forgetting_drops_what_was_said(journal: Journal, holds: Holds) -> None:
    """That it happened stays, and the chain is the same."""
    payload = json_payload({"name": "Ada"})
    args = ToolStarted(
        time=2, thread="t", run="r", tool="find", args={"name": "Ada"}, input=payload.digest
    )
    journal.append(started("r"))
    journal.append(args, [payload])
    journal.append(started("r", thread="other"))
    await journal.flush()
    before = await journal.entries("t")
    assert await journal.forget("t", by="dpo") == 3
    run, tool, told = await journal.records("t")
    assert isinstance(run, RunStarted)
    assert isinstance(tool, ToolStarted)
    assert isinstance(told, Forgotten)
    assert (run.forgotten, run.question, tool.forgotten, tool.args) == (True, "", True, {})
    assert tool.input == payload.digest
    assert (told.payloads, told.by, told.forgotten) == (3, "dpo", False)
    assert not await journal.payloads("t", [payload.digest, run.payload])
    entries = await journal.entries("t")
    assert entries[:2] == before
    assert holds(entries)
    assert not any("Ada" in entry.body for entry in entries)
    (other,) = await journal.records("other")
    assert not other.forgotten


async def test_what_comes_after_forgetting_is_kept(journal: Journal, place: str) -> None:
    """Also the same words, which were known to be stored; whoever forgot them."""
    payload = json_payload("same")

    async def say(run: str) -> None:
        record = ToolStarted(
            time=1, thread="t", run=run, tool="x", args={"same": 1}, input=payload.digest
        )
        journal.append(record, [payload])
        await journal.flush()

    await say("1")
    async with open_journal(place) as second:
        assert await second.forget("t") == 2
    await say("2")
    await journal.forget("t")
    await say("3")
    last = (await journal.records("t", run="3"))[0]
    assert isinstance(last, ToolStarted)
    assert (last.args, last.forgotten) == ({"same": 1}, False)
    assert await journal.payloads("t", [payload.digest]) == {payload.digest: payload}


async def test_forgetting_an_unknown_thread_leaves_no_trace(journal: Journal) -> None:
    """It has no chain to note it in."""
    assert await journal.forget("nobody") == 0
    assert await journal.records() == []


RUNS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(["done", "failed", "interrupted", "stopped", ""]),
        st.integers(0, 9),
    ),
    max_size=8,
)


@given(RUNS, st.none() | st.integers(0, 9), st.integers(0, 4))
def test_what_a_rule_keeps_is_kept(
    runs: list[tuple[bool, str, int]], before: int | None, keep: int
) -> None:
    """Only whole turns from the front go, all of them old, never one that could be resumed."""
    marks: list[tuple[int, AnyRecord]] = []
    for number, (resumed, status, when) in enumerate(runs):
        began = started(str(number), resumed=resumed).model_copy(update={"time": float(when)})
        marks.append((len(marks), began))
        if status:
            end = ended(str(number), status).model_copy(update={"time": float(when)})
            marks.append((len(marks), end))
    found = turns(marks)
    assert all(turn.start < later.start for turn, later in pairwise(found))
    last = {record.run: position for position, record in marks}
    rule = Rule(before, keep)
    place = cut(found, last, len(marks), rule)
    gone = [turn for turn in found if turn.start < place]
    left = [turn for turn in found if turn.start >= place]
    assert place in {0, len(marks), *(turn.start for turn in found)}
    assert not gone or sum(turn.finished for turn in left) >= keep
    assert before is None or all(turn.ended < before for turn in gone)
    assert not gone or left or gone[-1].done
    assert all(last[run] < place for turn in gone for run in turn.runs)


def test_a_run_started_again_under_its_id_is_one_run() -> None:
    """As a restarted server does it."""
    marks: list[tuple[int, AnyRecord]] = [
        (0, started("1", at=9)),
        (4, started("1", at=5)),
        (6, ended("1", at=0)),
    ]
    assert turns(marks) == [Turn(0, {"1": Stand("done", 6, NOW)})]
