from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.journal.handler import JournalHandler
from stretto.journal.install import current, installed, left_runs, left_turns
from stretto.journal.queries import host
from stretto.records import ModelStarted, RunEnded, RunStarted

if TYPE_CHECKING:
    from stretto.journal import Journal


async def test_the_handler_installed_last_counts(file_journal: Journal) -> None:
    """Leaving restores the one before, in whatever order they leave."""
    first, second = JournalHandler(file_journal), JournalHandler(file_journal)
    assert current() is None
    outer, inner = installed(first), installed(second)
    outer.__enter__()
    inner.__enter__()
    assert current() is second
    outer.__exit__(None, None, None)
    assert current() is second
    inner.__exit__(None, None, None)
    assert current() is None


async def test_runs_that_a_dead_process_left_are_found(file_journal: Journal) -> None:
    """With what they used; not those that ended, nor those that a living process works on."""
    told = {"time": 1.0, "thread": "t", "host": host(), "team": "x"}
    for run, process, born in (
        ("left", 999_999, "long ago"),
        ("ended", 999_999, ""),
        ("on", 0, ""),
    ):
        file_journal.append(RunStarted(**told, run=run, process=process, born=born))
        file_journal.append(ModelStarted(time=2.0, thread="t", run=run, model="m", messages=1))
    file_journal.append(RunEnded(time=3.0, thread="t", run="ended", status="failed", seconds=1))
    await file_journal.flush()
    left = await left_runs(file_journal)
    assert {run: used.model_calls for run, used in left.items()} == {"left": 1}


async def test_turns_that_wait_for_a_person_are_found(file_journal: Journal) -> None:
    """With what all their runs used, by thread; not those that ended, or that went on."""
    for thread, statuses in (
        ("waits", ("failed", "interrupted")),
        ("done", ("interrupted", "done")),
        ("goes on", ("interrupted", None)),
    ):
        for number, status in enumerate(statuses):
            told = {"time": 1.0, "thread": thread, "run": f"{thread}{number}"}
            file_journal.append(RunStarted(**told, team="x", resumed=number > 0))
            file_journal.append(ModelStarted(**told, model="m", messages=1, budget="reader"))
            if status:
                file_journal.append(RunEnded(**told, status=status, seconds=1))
    await file_journal.flush()
    turns = await left_turns(file_journal)
    assert {name: used.model_calls for name, used in turns.items()} == {"waits": 2}
    assert turns["waits"].budgets["reader"].calls == 2
