"""Folds the records of a turn into spans of time.

Nothing is taken for granted: an end without a beginning began so many seconds before it, a
beginning without an end lasts as long as its run, a run without an end lasts until its last record.
Where the clock of a run went back by more than `TOLERANCE`, what comes later is moved forward, so
that nothing ends before what went before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stretto.journal.queries import is_alive
from stretto.observe.critical import Activity, critical_path, slack
from stretto.observe.timeline import Mark, Span, Timeline, Wait
from stretto.observe.timeline_tasks import Tasks
from stretto.observe.timeline_words import arguments
from stretto.observe.timeline_work import work
from stretto.records import (
    Answered,
    AnyRecord,
    Decided,
    EffectEnded,
    EffectStarted,
    FellBack,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    Retried,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.observe.timeline import Kind, Status

LONG = 500
"""Characters of a tool's arguments that are kept."""
TOLERANCE = 1.0
"""Seconds that times may go back from one record to the next: threads write side by side."""
BEFORE = frozenset({"retry"})
"""What is told before it is waited for; all else is told when it has been waited for."""

Start = NodeStarted | ModelStarted | ToolStarted
End = NodeEnded | ModelEnded | ToolEnded


def folded(number: int, records: Sequence[AnyRecord], now: float) -> Timeline:
    """Make the timeline of a turn.

    Args:
        number: Of the turn, from 1.
        records: All of it, oldest first; at least one.
        now: Seconds since the epoch, for what still runs or waits.
    """
    fold = _Fold(number, records[0], now)
    for record in records:
        fold.take(record)
    return fold.close()


class _Fold:
    def __init__(self, number: int, first: AnyRecord, now: float) -> None:
        self.line = Timeline(first.thread, number)
        self.now = now
        self.turn = self._span("turn", "", first.time, -1)
        self.turn.status = "done"
        self.run: Span | None = None
        self.start: RunStarted | None = None
        self.open: dict[str, Span] = {}
        """Spans of the present run that have no end, by id."""
        self.known: dict[str, Span] = {}
        """The spans of the turn by id, the last of each."""
        self.effects: dict[str, Span] = {}
        self.unbegun: set[str] = set()
        """Runs of which there is no beginning."""
        self.asked: dict[str, tuple[float, str]] = {}
        """When unanswered questions were put, by interrupt; and by whom."""
        self.reached = first.time
        """The last time of the present run, moved."""
        self.moved = 0.0
        self.tasks = Tasks()

    def take(self, record: AnyRecord) -> None:
        """Take in a record."""
        if isinstance(record, RunStarted):
            self._leave_run("killed")
        time = self._time(record)
        match record:
            case RunStarted() | RunEnded():
                self._bound_run(record, time)
            case NodeStarted() | ModelStarted() | ToolStarted():
                self._begin(record, time)
            case NodeEnded() | ModelEnded() | ToolEnded():
                self._end(record, time)
            case EffectStarted() | EffectEnded():
                self._effect(record, time)
            case Waited():
                self._wait(record, time)
            case Interrupted() | Answered():
                self._ask(record, time)
            case Retried() | FellBack():
                self._again(record)
            case Decided():
                self.tasks.take(record)
            case _:
                pass
        self._mark(record, time)

    def close(self) -> Timeline:
        """End what is open, and work out what follows from the whole."""
        line = self.line
        if self.run is not None:
            alive = self.start is not None and is_alive(self.start)
            self._leave_run("running" if alive else "killed")
            line.status = "running" if alive else "killed"
        runs = line.runs
        self.turn.end = max((r.end for r in runs), default=self.reached)
        self.turn.name, self.turn.status = line.team, cast("Status", line.status)
        line.asks = tuple(
            Wait("person", time, max(self.now, time), name)
            for time, name in self.asked.values()
            if line.status == "interrupted"
        )
        self.tasks.settle(line.spans)
        self._clip()
        self._follow_path()
        work(line)
        return line

    def _time(self, record: AnyRecord) -> float:
        """When it was, with a clock that went back set right."""
        time = record.time + self.moved
        if not isinstance(record, RunStarted) and (self.run is None or record.run != self.run.run):
            return time
        if time < self.reached - TOLERANCE:
            self.moved += self.reached - time
            self.line.shifted = max(self.line.shifted, self.moved)
            time = self.reached
        self.reached = max(self.reached, time)
        return time

    def _span(self, kind: Kind, name: str, begin: float, parent: int, **more: Any) -> Span:
        span = Span(len(self.line.spans), kind, name, begin, begin, parent, **more)
        self.line.spans.append(span)
        return span

    def _bound_run(self, record: RunStarted | RunEnded, time: float) -> None:
        if isinstance(record, RunStarted):
            self._begin_run(record, time)
        else:
            self._end_run(record, time)

    def _begin_run(self, record: RunStarted, time: float) -> None:
        line, runs = self.line, self.line.runs
        before = runs[-1] if runs else None
        line.team, line.model = record.team, record.model or line.model
        line.question = line.question or record.question
        if before is not None and time > before.end:
            self._gap(before, time)
        self.start = record
        self.run = self._span("run", record.team, time, 0, id=record.run, run=record.run)
        self.open, self.effects = {}, {}
        self.known[record.run] = self.run

    def _gap(self, before: Span, time: float) -> None:
        asks = before.status == "interrupted"
        gap = self._span("gap", "", before.end, 0, status="done")
        gap.end = time
        gap.waits.append(Wait("person" if asks else "nobody", before.end, time))

    def _here(self, record: AnyRecord, time: float) -> Span:
        """The run of a record; one is made up where its beginning is not there."""
        if self.run is None or self.run.run != record.run:
            known = self.known.get(record.run)
            if known is None:
                known = self._span("run", "", time, 0, id=record.run, run=record.run)
                known.status = "killed"
                self.known[record.run] = known
                self.unbegun.add(record.run)
                if self.run is None:
                    self.run, self.start = known, None
            if record.run in self.unbegun:
                known.end = max(known.end, time)
            return known
        return self.run

    def _end_run(self, record: RunEnded, time: float) -> None:
        run = self._here(record, time)
        run.error, run.cpu, run.memory = record.error, record.cpu, record.memory
        self.line.status = record.status
        if self.run is run:
            self._leave_run(cast("Status", record.status), max(time, run.begin))

    def _leave_run(self, status: Status, end: float | None = None) -> None:
        run = self.run
        if run is None:
            return
        last = max(self.reached, self.now) if status == "running" else self.reached
        run.end, run.status = max(run.begin, last if end is None else end), status
        left: Status = "running" if status == "running" else "killed"
        for span in self.open.values():
            span.end, span.status = run.end, left
        self.open, self.run = {}, None

    def _begin(self, record: Start, time: float) -> None:
        run = self._here(record, time)
        above = self.known.get(record.parent, run)
        kind, name = _named(record)
        span = self._span(kind, name, time, above.number, id=record.span, **_fields(record))
        if isinstance(record, ToolStarted):
            span.said = arguments(record.args, LONG)
        self.known[record.span] = self.open[record.span] = span
        self.tasks.began(span, above)

    def _end(self, record: End, time: float) -> None:
        span = self.open.pop(record.span, None)
        if span is None:
            run = self._here(record, time)
            above = self.known.get(record.parent, run)
            kind, name = _named(record)
            begin = max(above.begin, time - max(0.0, record.seconds))
            span = self._span(kind, name, begin, above.number, id=record.span, **_fields(record))
            self.known[record.span] = span
        span.end = max(span.begin, time)
        span.error = record.error
        if isinstance(record, ModelEnded):
            span.status = "failed" if record.error else "done"
            span.said, span.calls = record.text, record.tool_calls
            span.input_tokens, span.output_tokens = record.input_tokens, record.output_tokens
            span.cost = record.cost
        else:
            span.status = record.status

    def _effect(self, record: EffectStarted | EffectEnded, time: float) -> None:
        """Functions of nodes, and what was given back; calls have spans of their own."""
        run = self._here(record, time)
        above = self.known.get(record.span, run)
        fields = _fields(record)
        if isinstance(record, EffectStarted):
            if record.kind == "call":
                span = self._span("effect", record.name, time, above.number, **fields)
                span.said = arguments(record.args, LONG)
                self.effects[record.key] = self.open[f"effect {record.key}"] = span
            return
        begun = self.effects.pop(record.key, None)
        if begun is None and record.status not in {"returned", "refused", "unknown"}:
            return
        if begun is not None:
            self.open.pop(f"effect {record.key}", begun)
        span = begun or self._span("effect", record.name, time, above.number, **fields)
        span.end, span.error = max(span.begin, time), record.error
        span.status = _EFFECTS.get(record.status, "failed")

    def _wait(self, record: Waited, time: float) -> None:
        span = self.known.get(record.span) or self._here(record, time)
        seconds = max(0.0, record.seconds)
        begin = time if record.on in BEFORE else max(span.begin, time - seconds)
        end = time + seconds if record.on in BEFORE else time
        span.waits.append(Wait(record.on, begin, end, record.name))

    def _ask(self, record: Interrupted | Answered, time: float) -> None:
        if isinstance(record, Interrupted):
            self.asked[record.interrupt] = time, record.agent or record.node
            return
        last = next(reversed(self.asked), "")
        self.asked.pop(record.interrupt or last, None)
        gap = next((s for s in reversed(self.line.spans) if s.kind == "gap"), None)
        if gap is not None and gap.waits and gap.waits[0].on == "person" and record.by:
            wait = gap.waits[0]
            names = dict.fromkeys([*filter(None, wait.name.split(", ")), record.by])
            gap.waits[0] = Wait("person", wait.begin, wait.end, ", ".join(names))

    def _again(self, record: Retried | FellBack) -> None:
        span = self.known.get(record.span)
        if span is None:
            return
        if isinstance(record, Retried):
            span.attempt = max(span.attempt, record.attempt)
        else:
            span.instead = record.name

    def _mark(self, record: AnyRecord, time: float) -> None:
        from stretto.observe.timeline_marks import told

        if text := told(record):
            span = self.known.get(record.span, self.run)
            number = span.number if span is not None else 0
            self.line.marks.append(Mark(time, record.type, text, number))

    def _clip(self) -> None:
        """Let each span lie within the one it happened in."""
        spans = self.line.spans
        for span in spans[1:]:
            above = spans[span.parent]
            span.begin = min(max(span.begin, above.begin), above.end)
            span.end = min(max(span.end, span.begin), above.end)
            if span.waits:
                clipped = (
                    Wait(w.on, max(w.begin, span.begin), min(w.end, span.end), w.name)
                    for w in span.waits
                )
                span.waits = [w for w in clipped if w.end > w.begin]

    def _follow_path(self) -> None:
        line = self.line
        activities = [Activity(s.begin, s.end, s.parent, s.needs) for s in line.spans]
        line.path = critical_path(activities)
        for span, room in zip(line.spans, slack(activities, line.path), strict=True):
            span.slack = room
        for piece in line.path:
            line.spans[piece.activity].on_path += piece.end - piece.begin


_EFFECTS: dict[str, Status] = {
    "settled": "done",
    "returned": "returned",
    "suspended": "interrupted",
    "asked": "interrupted",
    "unknown": "cancelled",
}


def _named(record: Start | End) -> tuple[Kind, str]:
    match record:
        case NodeStarted() | NodeEnded():
            return "node", record.node
        case ModelStarted() | ModelEnded():
            return "model", record.model
        case ToolStarted() | ToolEnded():
            return "tool", record.tool


def _fields(record: AnyRecord) -> dict[str, Any]:
    names = ("run", "agent", "version", "task", "node", "place")
    return {name: getattr(record, name) for name in names}
