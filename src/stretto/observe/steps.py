"""What has come to its end: runs, nodes, model and tool calls, put together from their records."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from stretto.records import (
    AnyRecord,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

StepKind = Literal["run", "node", "model", "tool"]
Part = Literal["team", "agent", "version", "tool", "model"]
"""What can have a part in a turn."""
StepStatus = Literal[
    "done", "failed", "interrupted", "cancelled", "stopped", "running", "killed", "left"
]
"""`killed`: a run whose process is gone; `left`: what was open when its run ended."""
Start: TypeAlias = RunStarted | NodeStarted | ModelStarted | ToolStarted
End: TypeAlias = RunEnded | NodeEnded | ModelEnded | ToolEnded

_STARTS = frozenset({RunStarted, NodeStarted, ModelStarted, ToolStarted})
_ENDS = frozenset({RunEnded, NodeEnded, ModelEnded, ToolEnded})
"""Compared with the type itself: pydantic makes a failing `isinstance` slow."""

MOST = 10_000
"""Threads, and runs, of which the turn is remembered; those heard of longest ago are forgotten."""
MOST_NOTES = 128
"""Notes that are kept of one step."""


@dataclass(slots=True, eq=False)
class Turn:
    """A question to a team with all runs that worked on it."""

    id: str
    """Of its first run that is known."""
    thread: str
    team: str
    parts: set[tuple[Part, str]] = field(default_factory=set[tuple["Part", str]])
    """Who and what was at work in it, by kind and name: ("agent", "planner"), ..."""


@dataclass(slots=True, eq=False)
class Step:
    """Something that began and has come to its end."""

    kind: StepKind
    name: str
    """Of the team, node, model or tool."""
    status: StepStatus
    turn: Turn
    time: float
    """When it ended, or was last heard of; in seconds since the epoch."""
    start: Start | None = None
    """`None` when it began before the first record that was read."""
    end: End | None = None
    """`None` when no end was written."""
    agent: str = ""
    """Who did it."""
    version: str = ""
    is_agent: bool = False
    """Whether it is the whole of one work of that agent."""
    notes: tuple[AnyRecord, ...] = ()
    """What was told from within it."""

    @property
    def ok(self) -> bool | None:
        """Whether it succeeded; `None` for what neither did nor failed: it waits or was left."""
        if self.status == "done":
            return True
        return False if self.status in {"failed", "killed"} else None

    @property
    def seconds(self) -> float | None:
        """How long it took; `None` when that is not known, as after a clock that went back."""
        if self.end is None or not 0 <= self.end.seconds < math.inf:
            return None
        return self.end.seconds


@dataclass(slots=True, eq=False)
class _Open:
    """A step that goes on."""

    start: Start
    invoked: tuple[str, str] = ("", "")
    """The agent whose work it is, with its version, as the steps in it tell."""
    mixed: bool = False
    """Whether several agents are at work right in it."""
    notes: list[AnyRecord] = field(default_factory=list[AnyRecord])

    def works(self, agent: str, version: str) -> None:
        """Hear that an agent is at work in it."""
        if self.invoked[0] in {"", agent}:
            self.invoked = agent, version or self.invoked[1]
        else:
            self.mixed = True


@dataclass(slots=True, eq=False)
class _Run:
    """A run that goes on."""

    id: str
    turn: Turn
    start: RunStarted | None = None
    heard: float = 0.0
    """Time of its last record."""
    open: dict[str, _Open] = field(default_factory=dict[str, _Open])


class Steps:
    """Puts steps together out of records, in the order in which they were stored.

    It holds what is at work now, and the turns of the last runs; nothing else grows.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._running: dict[str, _Run] = {}
        self._threads: OrderedDict[str, Turn] = OrderedDict()
        self._runs: OrderedDict[str, Turn] = OrderedDict()

    def add(self, record: AnyRecord) -> list[Step]:
        """Take a record in; gives what has come to its end by it, what lies within first."""
        if type(record) in _STARTS:
            return self._begin(cast("Start", record))
        run = self._run(record)
        run.heard = record.time
        if type(record) in _ENDS:
            return self._end(run, cast("End", record))
        if record.span and (within := run.open.get(record.span)) is not None:
            if len(within.notes) < MOST_NOTES:
                within.notes.append(record)
            self._settle(record.run)
        elif not run.open:
            self._settle(record.run)
        return []

    def turn(self, run: str, thread: str) -> Turn:
        """The turn of a run; of the thread's last one, or an unknown team's, when not known."""
        found = self._runs.get(run) or self._threads.get(thread)
        return found if found is not None else Turn(run, thread, "")

    def running(self) -> Iterator[RunStarted]:
        """The starts of the runs that have no end yet."""
        return (run.start for run in list(self._running.values()) if run.start is not None)

    def bury(self, is_alive: Callable[[RunStarted], bool]) -> list[Step]:
        """Give the runs as killed whose process is gone, with what was open in them."""
        dead = [start.run for start in self.running() if not is_alive(start)]
        return [step for run in dead for step in self._kill(run)]

    def leave(self, how: StepStatus = "left") -> list[Step]:
        """Give all that is open, the runs with that status; nothing is open afterwards."""
        return [step for run in list(self._running) for step in self._kill(run, how)]

    def _begin(self, record: Start) -> list[Step]:
        gone: list[Step] = []
        if type(record) is RunStarted:
            gone = self._supersede(record)
            run = self._started(record)
        else:
            run = self._run(record)
            run.heard = record.time
        if record.agent:
            above = run.open.get(record.parent)
            if above is not None and above.start.agent != record.agent:
                above.works(record.agent, record.version)
        run.open[record.span] = _Open(record)
        return gone

    def _started(self, record: RunStarted) -> _Run:
        before = self._threads.get(record.thread) if record.resumed else None
        turn = before or Turn(record.run, record.thread, record.team)
        self._note(self._threads, record.thread, turn)
        self._note(self._runs, record.run, turn)
        run = self._running[record.run] = _Run(record.run, turn, record, record.time)
        return run

    def _note(self, into: OrderedDict[str, Turn], key: str, turn: Turn) -> None:
        into.pop(key, None)
        into[key] = turn
        while len(into) > self._most:
            into.popitem(last=False)

    def _supersede(self, record: RunStarted) -> list[Step]:
        """End what a run leaves that began under the same id, or under an older taking."""
        gone = [
            start.run
            for start in self.running()
            if start.run == record.run
            or (start.thread == record.thread and 0 < start.fence < record.fence)
        ]
        return [step for run in gone for step in self._kill(run)]

    def _run(self, record: AnyRecord) -> _Run:
        run = self._running.get(record.run)
        if run is None:
            run = _Run(record.run, self.turn(record.run, record.thread))
            self._running[record.run] = run
        return run

    def _end(self, run: _Run, record: End) -> list[Step]:
        opened = run.open.pop(record.span, None)
        step = _ended(run.turn, opened, record)
        if type(record) is not RunEnded:
            self._settle(run.id)
            return [step]
        left = self._left(run, "left")
        self._running.pop(run.id, None)
        return [*left, step]

    def _settle(self, key: str) -> None:
        """Forget a run whose start was not heard of once nothing in it goes on."""
        run = self._running[key]
        if run.start is None and not run.open:
            del self._running[key]

    def _kill(self, key: str, how: StepStatus = "killed") -> list[Step]:
        run = self._running.pop(key)
        root = run.open.pop(run.start.span, None) if run.start is not None else None
        left = self._left(run, "left")
        return [*left, _unended(run, root, how)] if root is not None else left

    def _left(self, run: _Run, how: StepStatus) -> list[Step]:
        found = [_unended(run, opened, how) for opened in reversed(run.open.values())]
        run.open.clear()
        return found


def _ended(turn: Turn, opened: _Open | None, record: End) -> Step:
    agent, version, whole = _worker(opened, record.agent, record.version)
    kind, name, status = _what(turn, record)
    return Step(
        kind=kind,
        name=name,
        status=status,
        turn=turn,
        time=record.time,
        start=None if opened is None else opened.start,
        end=record,
        agent=agent,
        version=version,
        is_agent=whole,
        notes=() if opened is None else tuple(opened.notes),
    )


def _unended(run: _Run, opened: _Open, how: StepStatus) -> Step:
    start = opened.start
    agent, version, whole = _worker(opened, start.agent, start.version)
    kind, name = _begun(run.turn, start)
    return Step(
        kind=kind,
        name=name,
        status=how,
        turn=run.turn,
        time=max(run.heard, start.time),
        start=start,
        agent=agent,
        version=version,
        is_agent=whole,
        notes=tuple(opened.notes),
    )


def _begun(turn: Turn, start: Start) -> tuple[StepKind, str]:
    match start:
        case NodeStarted():
            return "node", start.node
        case ModelStarted():
            return "model", start.model
        case ToolStarted():
            return "tool", start.tool
        case RunStarted():
            return "run", turn.team


def _worker(opened: _Open | None, agent: str, version: str) -> tuple[str, str, bool]:
    if opened is not None and opened.invoked[0] and not opened.mixed:
        return *opened.invoked, True
    return agent, version, False


def _what(turn: Turn, record: End) -> tuple[StepKind, str, StepStatus]:
    match record:
        case NodeEnded():
            return "node", record.node, record.status
        case ModelEnded():
            return "model", record.model, "failed" if _failed(record) else "done"
        case ToolEnded():
            return "tool", record.tool, record.status
        case RunEnded():
            return "run", turn.team, record.status


def _failed(record: ModelEnded) -> bool:
    """Whether a model gave nothing; its error is not there where it was not read."""
    return bool(record.error) or not (record.output or record.tool_calls or record.output_tokens)
