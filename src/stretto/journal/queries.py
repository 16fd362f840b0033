"""Reads of the journal that need no database: what records say of threads, runs and usage."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    RunEnded,
    RunStarted,
    RunStatus,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ThreadStatus = RunStatus | Literal["killed"]
"""How a thread stands: the status of its last run. `killed`: no end was written and the process
that worked on it is gone."""


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A thread in one line."""

    thread: str
    team: str
    status: ThreadStatus
    question: str
    """The last one asked."""
    started: float
    """Seconds since the epoch, of the first run."""
    updated: float
    """Seconds since the epoch, of the last record."""
    runs: int
    model: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What was spent in a budget by calls in no budget within it."""

    calls: int = 0
    tokens: int = 0
    money: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What runs have used."""

    model_calls: int = 0
    tool_calls: int = 0
    """A call that waited for a person and then went on counts once."""
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    """In the currency of the prices; calls of models without a price count nothing."""
    budgets: Mapping[str, Spent] = field(default_factory=dict[str, Spent], compare=False)
    """What budgets were charged, by the path of the innermost, empty for the run's own. A call
    that was given up counts with what it may have cost, one that never ended with what was
    reserved."""

    @property
    def tokens(self) -> int:
        """Given to models and written by them."""
        return self.input_tokens + self.output_tokens


def usage(records: Iterable[AnyRecord]) -> Usage:
    """Add up what the records tell of model and tool calls."""
    models = tools = given = written = 0
    money = 0.0
    begun: dict[str, ModelStarted] = {}
    budgets: dict[str, Spent] = {}
    for record in records:
        match record:
            case ModelStarted():
                models += 1
                begun[record.span] = record
                _book(budgets, record.budget, Spent(calls=1))
            case ModelEnded():
                given += record.input_tokens
                written += record.output_tokens
                money += record.cost or 0.0
                begun.pop(record.span, None)
                _book(budgets, record.budget, _charged(record))
            case ToolStarted():
                tools += 1
            case ToolEnded(status="interrupted"):
                tools -= 1
            case _:
                pass
    for left in begun.values():
        _book(budgets, left.budget, Spent(0, left.reserved_tokens, left.reserved_money))
    return Usage(models, tools, given, written, money, budgets)


def _charged(end: ModelEnded) -> Spent:
    tokens, money = end.booked_tokens, end.booked_money
    told = end.input_tokens + end.output_tokens
    return Spent(
        0, told if tokens is None else tokens, (end.cost or 0.0) if money is None else money
    )


def _book(budgets: dict[str, Spent], path: str, more: Spent) -> None:
    had = budgets.get(path, Spent())
    budgets[path] = Spent(had.calls + more.calls, had.tokens + more.tokens, had.money + more.money)


def last_run(records: Iterable[AnyRecord]) -> RunStarted | None:
    """The start of the last run among the records."""
    found = None
    for record in records:
        if isinstance(record, RunStarted):
            found = record
    return found


def last_turn(records: Sequence[AnyRecord]) -> list[AnyRecord]:
    """The records since the last run that was no resume: a question and all work on it."""
    begin = 0
    for place, record in enumerate(records):
        if isinstance(record, RunStarted) and not record.resumed:
            begin = place
    return list(records[begin:])


def run_status(start: RunStarted, end: RunEnded | None) -> ThreadStatus:
    """How a run stands, judged on the machine that asks."""
    if end is not None:
        return end.status
    return "running" if is_alive(start) else "killed"


def summaries(runs: Iterable[AnyRecord], updated: Mapping[str, float]) -> list[ThreadSummary]:
    """One line a thread, the one worked on last first; from the run records of all threads."""
    starts: dict[str, list[RunStarted]] = {}
    ends: dict[str, RunEnded] = {}
    for record in runs:
        if isinstance(record, RunStarted):
            starts.setdefault(record.thread, []).append(record)
            ends.pop(record.run, None)
        elif isinstance(record, RunEnded):
            ends[record.run] = record
    found = [
        ThreadSummary(
            thread=thread,
            team=mine[-1].team,
            status=run_status(mine[-1], ends.get(mine[-1].run)),
            question=next((start.question for start in reversed(mine) if start.question), ""),
            started=mine[0].time,
            updated=updated.get(thread, mine[-1].time),
            runs=len(mine),
            model=mine[-1].model,
        )
        for thread, mine in starts.items()
    ]
    return sorted(found, key=lambda summary: summary.updated, reverse=True)


def is_alive(start: RunStarted) -> bool:
    """Whether the process of a run lives; another machine's cannot be seen and is believed to."""
    if not start.process or start.host != host():
        return True
    if start.born:
        return birth(start.process) == start.born
    try:
        os.kill(start.process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@cache
def host() -> str:
    """The name of this machine."""
    return socket.gethostname()


@cache
def own_birth(process: int) -> str:
    """The birth of this process, read once; its id is asked for because a fork has another."""
    return birth(process)


def most_memory() -> int:
    """The most memory that this process has held so far, in bytes; 0 where that is not told."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def birth(process: int) -> str:
    """When a process began, as Linux tells it (`/proc`); empty elsewhere, or when it is gone."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    fields = told.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else f"{boot[:8]}:{fields[19]}"
