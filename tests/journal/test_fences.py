from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.errors import ThreadTaken
from stretto.journal import fences, open_journal
from stretto.journal.fences import Fences
from stretto.journal.payloads import json_payload
from stretto.records import ModelStarted, RunEnded

if TYPE_CHECKING:
    from stretto.journal import Journal
    from stretto.journal.backend import Session


def record(number: int, thread: str = "t") -> ModelStarted:
    """A record that is told by its number."""
    return ModelStarted(time=number, thread=thread, run="r", model="m", messages=number)


async def times(journal: Journal, thread: str = "t") -> list[float]:
    """Which records a thread has."""
    return [r.time for r in await journal.records(thread)]


async def test_each_taking_has_a_number(journal: Journal, place: str) -> None:
    """One higher than the last, whoever takes it; threads do not share them."""
    assert await journal.take("t") == 1
    assert await journal.take("t") == 2
    assert await journal.take("other") == 1
    async with open_journal(place) as second:
        assert second.holds("t") == 0
        assert await second.take("t") == 3
        assert second.holds("t") == 3
    assert journal.holds("t") == 2


async def test_of_many_that_take_at_once_each_gets_its_own(place: str) -> None:
    """Also from several processes."""

    async def one() -> int:
        async with open_journal(place) as journal:
            return await journal.take("t")

    assert sorted(await asyncio.gather(*(one() for _ in range(6)))) == [1, 2, 3, 4, 5, 6]


async def test_who_has_lost_a_thread_writes_it_no_more(journal: Journal, place: str) -> None:
    """What it appends is refused at the flush and then at once; other threads go on."""
    await journal.take("t")
    journal.append(record(1))
    await journal.flush("t")
    async with open_journal(place) as second:
        await second.take("t")
        payload = json_payload("lost")
        journal.append(record(2), [payload])
        journal.append(record(3, "other"))
        with pytest.raises(ThreadTaken, match="stretto watch t"):
            await journal.flush("t")
        with pytest.raises(ThreadTaken):
            journal.append(record(4))
        with pytest.raises(ThreadTaken):
            journal.flush_now("t")
        second.append(record(5))
        await second.flush("t")
        await journal.flush()
        assert await times(second) == [1, 5]
        assert await times(second, "other") == [3]
        assert not await second.payloads("t", [payload.digest])


async def test_the_end_of_a_lost_run_is_dropped(journal: Journal, place: str) -> None:
    """It comes from the run's own failure, which is not to be hidden by another."""
    await journal.take("t")
    async with open_journal(place) as second:
        await second.take("t")
    with pytest.raises(ThreadTaken):
        await journal.check("t")
    journal.append(RunEnded(time=9, thread="t", run="r", status="failed", seconds=1))
    await journal.flush()
    assert await times(journal) == []


async def test_a_subscriber_is_not_told_what_was_refused(journal: Journal, place: str) -> None:
    """Only what is stored has happened."""
    await journal.take("t")
    async with open_journal(place) as second:
        await second.take("t")
    with journal.subscribe() as queue:
        journal.append(record(1))
        journal.append(record(2, "other"))
        journal.append(record(3))
        await journal.flush()
        assert [queue.get_nowait().time for _ in range(queue.qsize())] == [2]


async def test_the_store_tells_who_has_lost_a_thread(journal: Journal, place: str) -> None:
    """Before anything is written: an effect is not started then."""
    await journal.take("t")
    await journal.check("t")
    async with open_journal(place) as second:
        await second.check("t")
        await second.take("t")
    with pytest.raises(ThreadTaken):
        await asyncio.to_thread(journal.check_now, "t")
    with pytest.raises(ThreadTaken):
        journal.append(record(1))


async def test_who_holds_nothing_writes_freely(journal: Journal, place: str) -> None:
    """Graphs that are run without us take nothing."""
    async with open_journal(place) as second:
        await second.take("t")
        journal.append(record(1))
        await journal.flush("t")
        second.release("t")
        assert second.holds("t") == 0
        second.append(record(2))
        await second.flush("t")
        assert await times(journal) == [1, 2]


async def test_what_was_appended_before_a_release_is_judged_by_it(
    journal: Journal, place: str
) -> None:
    """It belongs to the run that has lost the thread."""
    await journal.take("t")
    async with open_journal(place) as second:
        await second.take("t")
    journal.append(record(1))
    journal.release("t")
    await journal.flush("t")
    assert await times(journal) == []


async def test_who_takes_a_thread_again_may_write_again(journal: Journal, place: str) -> None:
    """Under the new number."""
    await journal.take("t")
    async with open_journal(place) as second:
        await second.take("t")
    with pytest.raises(ThreadTaken):
        await journal.check("t")
    await journal.take("t")
    journal.append(record(1))
    await journal.flush("t")
    assert await times(journal) == [1]


def appending(monkeypatch: pytest.MonkeyPatch, journal: Journal, *numbers: int) -> None:
    """Let records be appended while the next taking's transaction is open, after it has counted."""
    real, left = fences.take, list(numbers)

    def take(session: Session, thread: str, after: int | None = None) -> int:
        number = real(session, thread, after)
        while left:
            journal.append(record(left.pop(0)))
        return number

    monkeypatch.setattr(fences, "take", take)


async def test_nothing_is_lost_when_a_process_takes_its_own_thread_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a server does for each run: what waits to be written meanwhile is still its own."""
    await journal.take("t")
    for number in (2, 3):
        journal.append(record(10 * number))
        appending(monkeypatch, journal, 10 * number + 1, 10 * number + 2)
        assert await journal.take("t") == number
        journal.append(record(10 * number + 3))
        monkeypatch.undo()
    await journal.flush("t")
    assert await times(journal) == [20, 21, 22, 23, 30, 31, 32, 33]


async def test_what_waits_is_lost_when_another_process_held_the_thread_between(
    journal: Journal, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new taking does not save what belongs to the old one."""
    await journal.take("t")
    async with open_journal(place) as second:
        await second.take("t")
        second.append(record(5))
        await second.flush("t")
    appending(monkeypatch, journal, 1, 2)
    assert await journal.take("t") == 3
    journal.append(record(3))
    await journal.flush("t")
    assert await times(journal) == [5, 3]


async def test_what_waits_is_lost_when_another_process_takes_the_thread_afterwards(
    journal: Journal, place: str
) -> None:
    """Being brought to our last number does not bring it past another's."""
    await journal.take("t")
    async with open_journal(place) as second:
        await journal.take("t")
        await second.take("t")
        journal.append(record(1))
        await journal.flush()
        assert await times(journal) == []


@given(st.lists(st.booleans(), min_size=1, max_size=12))
def test_only_takings_without_another_between_go_on(ours: list[bool]) -> None:
    """Whoever takes it in whatever order: a number goes on until another has had the thread."""
    mine, held = Fences(), list[int]()
    for number, own in enumerate(ours, 1):
        if own:
            mine.hold("t", number)
            held.append(number)
    for number in held:
        alone = all(ours[number - 1 : held[-1]])
        assert mine.current("t", number) == (held[-1] if alone else number)
    assert mine.current("t", 0) == 0


async def test_a_fence_outlives_forgetting(journal: Journal, place: str) -> None:
    """The numbers go on."""
    await journal.take("t")
    journal.append(record(1))
    await journal.flush()
    await journal.forget("t")
    async with open_journal(place) as second:
        assert await second.take("t") == 2


def test_a_thread_that_is_not_held_cannot_be_lost() -> None:
    """A late refusal does not touch what was taken since."""
    mine = Fences()
    mine.lose({"t": 5})
    assert mine.number("t") == 0
    mine.hold("t", 6)
    mine.lose({"t": 5})
    assert mine.number("t") == 6
    mine.lose({"t": 6})
    assert mine.held("t") == 6
    with pytest.raises(ThreadTaken):
        mine.number("t")
