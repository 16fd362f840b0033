from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto.journal.queries import (
    ThreadStatus,
    Usage,
    birth,
    host,
    is_alive,
    last_run,
    last_turn,
    summaries,
    usage,
)
from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)


def started(run: str = "r", **told: object) -> RunStarted:
    """A run of this process, unless told otherwise."""
    told = {"process": os.getpid(), "host": host(), "born": birth(os.getpid())} | told
    return RunStarted.model_validate({"time": 1, "thread": "t", "run": run, "team": "x"} | told)


def gone() -> tuple[int, str]:
    """The id and birth of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    told = process.pid, birth(process.pid)
    process.communicate(b"\n")
    return told


def status(*records: AnyRecord) -> ThreadStatus:
    """How the one thread of these records stands."""
    (summary,) = summaries(records, {})
    return summary.status


def test_a_run_of_a_live_process_is_running() -> None:
    """While it has no end."""
    assert status(started()) == "running"


def test_a_run_whose_process_is_gone_was_killed() -> None:
    """No end was written and nobody is left to write it."""
    process, born = gone()
    assert status(started(process=process, born=born)) == "killed"
    assert status(started(process=process, born="")) == "killed"


def test_a_reused_process_id_is_not_taken_for_the_run() -> None:
    """The process lives, but it began at another time."""
    assert not is_alive(started(born="00000000:1"))


def test_a_process_of_another_machine_is_believed_to_live() -> None:
    """It cannot be seen from here; nor can one that told no process id."""
    process, _ = gone()
    assert is_alive(started(process=process, host="elsewhere", born=""))
    assert is_alive(started(process=0))


def test_a_zombie_counts_as_gone() -> None:
    """A process that has ended and was not waited for does no work."""
    process = subprocess.Popen([sys.executable, "-c", "print(flush=True)"], stdout=subprocess.PIPE)
    born = birth(process.pid)
    assert process.stdout
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not is_alive(started(process=process.pid, born=born))
    process.communicate()


@pytest.mark.parametrize("end", ["done", "interrupted", "stopped", "failed"])
def test_an_ended_run_stands_as_it_ended(end: str) -> None:
    """Whatever became of its process."""
    process, born = gone()
    ended = RunEnded.model_validate(
        {"time": 2, "thread": "t", "run": "r", "status": end, "seconds": 1}
    )
    assert status(started(process=process, born=born), ended) == end


def test_a_thread_stands_as_its_last_run() -> None:
    """A resume takes over from the run that was interrupted; the question stays."""
    (summary,) = summaries(
        [
            started("1", question="why?", model="offline"),
            RunEnded(time=2, thread="t", run="1", status="interrupted", seconds=1),
            started("2", resumed=True, time=3),
        ],
        {"t": 9.0},
    )
    assert (summary.status, summary.question, summary.runs) == ("running", "why?", 2)
    assert (summary.started, summary.updated) == (1, 9)


def test_a_run_started_again_under_its_id_is_running() -> None:
    """A restarted server runs an interrupted run again, with the same id."""
    ended = RunEnded(time=2, thread="t", run="r", status="failed", seconds=1)
    assert status(started(), ended, started(time=3)) == "running"


def test_threads_worked_on_last_come_first() -> None:
    """By their last record."""
    found = summaries([started(thread="a"), started(thread="b")], {"a": 5, "b": 6})
    assert [summary.thread for summary in found] == ["b", "a"]


def test_a_tool_call_that_waited_counts_once() -> None:
    """It is started again when it is answered."""
    at = {"time": 1, "thread": "t", "run": "r"}
    records: list[AnyRecord] = [
        ModelStarted(**at, model="m", messages=1),
        ModelEnded(**at, model="m", input_tokens=3, output_tokens=4, seconds=1),
        ToolStarted(**at, tool="ask"),
        ToolEnded(**at, tool="ask", status="interrupted", seconds=1),
        ToolStarted(**at, tool="ask"),
        ToolEnded(**at, tool="ask", status="done", seconds=1),
    ]
    assert usage(records) == Usage(1, 1, 3, 4)


@given(st.lists(st.booleans()))
def test_the_last_turn_begins_with_the_last_question(resumes: list[bool]) -> None:
    """Resumes belong to the question before them."""
    runs = [started(str(place), resumed=resumed) for place, resumed in enumerate(resumes)]
    turn = last_turn(runs)
    assert turn == runs[len(runs) - len(turn) :]
    assert [run.run for run in turn if isinstance(run, RunStarted) and not run.resumed] in (
        [],
        [run.run for run in runs if not run.resumed][-1:],
    )
    assert last_run(runs) == (runs[-1] if runs else None)
