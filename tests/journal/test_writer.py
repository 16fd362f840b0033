from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import TYPE_CHECKING

import pytest

from stretto.errors import InvalidInput, StateUnavailable
from stretto.journal import Journal, open_journal
from stretto.journal.patience import Patience
from stretto.journal.sqlite import SqliteBackend
from stretto.records import ModelStarted, NodeStarted, RunEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stretto.journal.backend import Session
    from stretto.journal.writing import Head


def record(number: int = 1, text: str = "m") -> ModelStarted:
    """A record that is told by its number."""
    return ModelStarted(time=number, thread="t", run="r", model=text, messages=number)


class Faulty(SqliteBackend):
    """A database that fails so many times."""

    def __init__(self, path: Path, faults: int) -> None:
        super().__init__(path)
        self.faults = faults
        self.tries = 0
        self.tried = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def write(self, work: Callable[[Session], object]) -> object:
        self.tries += 1
        self._loop.call_soon_threadsafe(self.tried.set)
        if self.tries <= self.faults:
            raise StateUnavailable("the database is gone. Wait.")
        return super().write(work)


def journal_of(backend: SqliteBackend, gone: float) -> Journal:
    """A journal that waits so long for its database."""
    return Journal(backend, "here", patience=Patience(gone=gone))


async def test_a_database_that_comes_back_in_time_is_waited_for(tmp_path: Path) -> None:
    """Nobody notices; nothing is lost or doubled."""
    backend = Faulty(tmp_path / "journal.sqlite", 4)
    journal = journal_of(backend, 60)
    journal.append(record(1))
    await backend.tried.wait()
    journal.append(record(2))
    await journal.flush()
    assert [r.time for r in await journal.records()] == [1, 2]
    assert backend.tries > 4
    await journal.aclose()


async def test_without_patience_the_run_is_stopped_at_once(tmp_path: Path) -> None:
    """After one try; each later append or flush is another."""
    backend = Faulty(tmp_path / "journal.sqlite", 1_000)
    journal = journal_of(backend, 0)
    journal.append(record(1))
    with pytest.raises(StateUnavailable, match="gone"):
        await journal.flush()
    before = backend.tries
    assert before <= 2
    with pytest.raises(StateUnavailable, match="gone"):
        await journal.flush()
    assert backend.tries == before + 1
    backend.faults = 0
    await journal.flush()
    assert [r.time for r in await journal.records()] == [1]
    await journal.aclose()


async def test_patience_ends(tmp_path: Path) -> None:
    """Then the run is stopped, and the tries after it do not wait again."""
    backend = Faulty(tmp_path / "journal.sqlite", 1_000)
    journal = journal_of(backend, 0.05)
    journal.append(record(1))
    with pytest.raises(StateUnavailable):
        await journal.flush()
    before = backend.tries
    assert before > 1
    with pytest.raises(StateUnavailable):
        await journal.flush()
    assert backend.tries == before + 1
    await journal.aclose()


async def test_leaving_does_not_wait_for_what_does_not_come(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is lost then is logged."""
    backend = Faulty(tmp_path / "journal.sqlite", 1_000)
    journal = journal_of(backend, 1_000)
    journal.append(record(1))
    journal.append(record(2))
    await backend.tried.wait()
    with caplog.at_level(logging.ERROR):
        await journal.aclose()
    assert "2 records of the journal here could not be written" in caplog.text


async def test_a_taking_waits_too(tmp_path: Path) -> None:
    """And fails when patience has ended."""
    backend = Faulty(tmp_path / "journal.sqlite", 3)
    journal = journal_of(backend, 60)
    assert await journal.take("t") == 1
    backend.faults = 1_000
    journal._writer._patience = Patience(gone=0)
    with pytest.raises(StateUnavailable, match="gone"):
        await journal.take("t")
    with pytest.raises(StateUnavailable, match="gone"):
        await journal.forget("t")
    await journal.aclose()
    with pytest.raises(StateUnavailable, match="closed"):
        await journal.take("t")


async def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    """Until the other process lets go."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path, wait=60) as journal:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        journal.append(record(1))
        flush = asyncio.create_task(journal.flush())
        taking = asyncio.create_task(journal.take("t"))
        assert await journal.records() == []
        assert not flush.done()
        other.execute("ROLLBACK")
        other.close()
        await flush
        assert await taking == 1
        assert len(await journal.records()) == 1


async def test_a_synchronous_flush_waits_and_raises_alike(tmp_path: Path) -> None:
    """In a thread that runs no event loop."""
    backend = Faulty(tmp_path / "journal.sqlite", 1_000)
    journal = journal_of(backend, 0)
    journal.append(record(1))
    with pytest.raises(StateUnavailable, match="gone"):
        await asyncio.to_thread(journal.flush_now)
    backend.faults = 0
    await asyncio.to_thread(journal.flush_now)
    assert len(await asyncio.to_thread(journal.records_now)) == 1
    await journal.aclose()


async def test_an_anchor_that_cannot_be_set_stops_the_run(tmp_path: Path) -> None:
    """The records are stored; they are told again until somebody has heard of them."""
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        heard: list[Head] = []
        deaf = True

        def note(heads: Sequence[Head]) -> None:
            if deaf:
                raise StateUnavailable("no anchors. Free some space.")
            heard.extend(heads)

        journal.on_stored = note
        journal.append(record(1))
        for _ in range(2):
            with pytest.raises(StateUnavailable, match="no anchors"):
                await journal.flush()
        with pytest.raises(StateUnavailable, match="no anchors"):
            journal.append(record(2))
        assert len(await journal.records()) == 1
        deaf = False
        await journal.flush()
        journal.append(record(3))
        await journal.flush()
        assert [(head.thread, head.position) for head in heard] == [("t", 0), ("t", 1)]


async def test_what_cannot_be_made_sense_of_is_told_as_a_bug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The run is stopped; the writer lives on."""
    async with open_journal(tmp_path / "journal.sqlite") as journal:

        def broken(*_: object) -> None:
            raise ZeroDivisionError

        with monkeypatch.context() as patch:
            patch.setattr("stretto.journal.writer.split", broken)
            journal.append(record(1))
            with pytest.raises(StateUnavailable, match="Report this as a bug"):
                await journal.flush()
        await journal.flush()
        assert len(await journal.records()) == 1


async def test_many_records_are_written_in_several_transactions(tmp_path: Path) -> None:
    """None is left out, and their order stays."""
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        for number in range(5_000):
            journal.append(record(number))
        await journal.flush()
        assert [r.time for r in await journal.records()] == list(range(5_000))


async def test_a_cancelled_taking_is_no_harm(tmp_path: Path) -> None:
    """The writer goes on."""
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        taking = asyncio.create_task(journal.take("t"))
        await asyncio.sleep(0)
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
        journal.append(NodeStarted(time=1, thread="t", run="r"))
        await journal.flush("t")
        assert len(await journal.records("t")) == 1


@pytest.mark.parametrize("given", ["soon", "-1", "nan", "inf"])
async def test_a_wait_that_is_no_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """With the name of the variable and what to set it to."""
    monkeypatch.setenv("STRETTO_STATE_WAIT", given)
    with pytest.raises(InvalidInput, match=r"STRETTO_STATE_WAIT is .* Set it to a number"):
        async with open_journal(tmp_path / "journal.sqlite"):
            pass
    with pytest.raises(InvalidInput, match="wait is -1"):
        async with open_journal(tmp_path / "journal.sqlite", wait=-1):
            pass


async def test_the_environment_says_how_long_to_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For both; without it a locked database is waited for and one that is gone is not."""
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        assert journal._writer._patience == Patience(10, 0)
    monkeypatch.setenv("STRETTO_STATE_WAIT", "2.5")
    async with open_journal(tmp_path / "journal.sqlite") as journal:
        assert journal._writer._patience == Patience(2.5, 2.5)
        journal.append(RunEnded(time=1, thread="t", run="r", status="done", seconds=1))
