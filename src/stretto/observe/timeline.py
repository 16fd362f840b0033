"""When what ran, for how long, and what it waited for: the turns of a thread as spans of time.

Pure over records. A *turn* is a question and all work on it, with the runs that resumed it. What
happened in it is a tree of spans: the turn, its runs and the waits between them, nodes, calls of
models and tools. See `timeline_fold` for how records become spans, `critical` for the path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from stretto import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.journal.queries import ThreadStatus
    from stretto.observe.critical import Piece
    from stretto.records import AnyRecord

Kind = Literal["turn", "run", "gap", "node", "model", "tool", "effect"]
"""`gap`: the time between two runs of a turn; `effect`: one that is neither a model's nor a tool's
call, or was given back from its record."""
Status = Literal[
    "done", "failed", "interrupted", "cancelled", "stopped", "running", "killed", "returned"
]
"""`killed`: its process ended, or another took its thread; `returned`: given back, not done again;
`interrupted`: it asked a person."""
On = Literal["person", "nobody", "needs", "slot", "retry", "bulkhead", "rate", "budget", "lock"]
"""What was waited for. `nobody`: the turn had stopped, failed or been killed, and was not gone on
with yet; `needs`: other tasks; `slot`: that one of the tasks that run at once ends."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch of time in which a span did not work."""

    on: On
    begin: float
    end: float
    name: str = ""
    """Of the bulkhead, rate or budget, the tasks that are needed, or the person who answered."""


@dataclass(slots=True, eq=False)
class Span:
    """Something that went on for a while."""

    number: int
    """Its place among the spans of its turn."""
    kind: Kind
    name: str
    """Of the node, model, tool, effect or team."""
    begin: float
    """Seconds since the epoch."""
    end: float
    parent: int = -1
    """The number of the span it happened in."""
    id: str = ""
    run: str = ""
    status: Status = "running"
    agent: str = ""
    version: str = ""
    task: str = ""
    node: str = ""
    place: str = ""
    attempt: int = 1
    """Which try of the same it is, from 1."""
    instead: str = ""
    """Who failed before it took over; empty when nobody did."""
    error: str = ""
    said: str = ""
    """The arguments of a tool call, or the beginning of what a model wrote."""
    calls: tuple[str, ...] = ()
    """The tools that a model called for."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    cpu: float = 0.0
    """Of a run: seconds of CPU of its process, other runs in it included."""
    memory: int = 0
    """Of a run: the most memory that its process had held by its end, in bytes."""
    needs: tuple[int, ...] = ()
    """The numbers of the tasks' spans that it waited for."""
    waits: list[Wait] = field(default_factory=list[Wait])
    on_path: float = 0.0
    """Seconds of its own on the critical path, what is within it left out."""
    slack: float = 0.0
    """Seconds that it could have ended later without the turn ending later, at least."""

    @property
    def seconds(self) -> float:
        """How long it went on."""
        return self.end - self.begin

    @property
    def waited(self) -> float:
        """Seconds of it that it only waited."""
        return covered((w.begin, w.end) for w in self.waits)

    @property
    def worked(self) -> float:
        """Seconds of it that it did not wait."""
        return max(0.0, self.seconds - self.waited)

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a point of time."""

    time: float
    kind: str
    """The type of the record."""
    text: str
    span: int = 0
    """The number of the span it happened in."""


@dataclass(slots=True)
class Timeline:
    """A turn of a thread."""

    thread: str
    turn: int
    """From 1, among the turns of which there are records."""
    team: str = ""
    question: str = ""
    model: str = ""
    status: ThreadStatus = "running"
    spans: list[Span] = field(default_factory=list[Span])
    """The turn itself first, each span after the one it happened in."""
    marks: list[Mark] = field(default_factory=list[Mark])
    path: list[Piece] = field(default_factory=list["Piece"])
    """The critical path, oldest first; its `activity` is a span's number."""
    working: float = 0.0
    """Seconds in which at least one thing worked."""
    waiting: float = 0.0
    """Seconds in which everything waited."""
    idle: float = 0.0
    """Seconds in which nobody was at it: between a failure, a stop or a crash and the resume."""
    most: int = 0
    """How many things worked at once, at most."""
    busy: float = 0.0
    """Seconds of work of all that worked, added up."""
    asks: tuple[Wait, ...] = ()
    """Questions to a person that nobody has answered; each ends when it was looked at."""
    shifted: float = 0.0
    """Seconds by which the clock went back; later times of that run were moved forward so much."""

    @property
    def begin(self) -> float:
        """Seconds since the epoch."""
        return self.spans[0].begin

    @property
    def end(self) -> float:
        """Seconds since the epoch."""
        return self.spans[0].end

    @property
    def seconds(self) -> float:
        """From the question to the end, waits included."""
        return self.end - self.begin

    @property
    def runs(self) -> list[Span]:
        """Its runs, oldest first."""
        return [span for span in self.spans if span.kind == "run"]

    @property
    def retries(self) -> int:
        """How many spans are another try of what had failed."""
        return sum(span.attempt > 1 for span in self.spans)

    def calls(self, kind: Kind) -> list[Span]:
        """Its calls of models, or of tools."""
        return [span for span in self.spans if span.kind == kind]

    def money(self) -> float | None:
        """What its models cost; `None` when none of them has a price."""
        costs = [span.cost for span in self.spans if span.cost is not None]
        return sum(costs) if costs else None


def timelines(records: Iterable[AnyRecord], *, now: clock.Clock = clock.now) -> list[Timeline]:
    """The turns among the records, oldest first.

    Args:
        records: Of one thread, in the order of their `seq`; pruned and forgotten ones may lack.
        now: Tells the time, for what still runs or waits.
    """
    from stretto.observe.timeline_fold import folded

    return [folded(number, turn, now()) for number, turn in enumerate(turns_of(records), 1)]


def narrowed(records: Sequence[AnyRecord], run: str) -> list[AnyRecord]:
    """The records of one run, as a turn of its own.

    Args:
        records: Of one thread.
        run: The run's id, or the beginning of it that no other run has.

    Raises:
        InvalidInput: No run, or several, are called so.
    """
    from stretto.errors import InvalidInput

    known = list(dict.fromkeys(r.run for r in records if r.run))
    found = [run] if run in known else [k for k in known if run and k.startswith(run)]
    if len(found) != 1:
        told = ", ".join(known[-8:]) or "none"
        raise InvalidInput(
            f"{'several runs begin' if found else 'no run begins'} with {run!r}. These are the "
            f"last ones: {told}. Give one of them."
        )
    return [r for r in records if r.run == found[0]]


def covered(intervals: Iterable[tuple[float, float]]) -> float:
    """How long at least one of several intervals goes on."""
    total, reached = 0.0, float("-inf")
    for begin, end in sorted(intervals):
        if end > reached:
            total += end - max(begin, reached)
            reached = end
    return total


def json_of(line: Timeline) -> dict[str, Any]:
    """A turn as a JSON object; times are seconds since its beginning."""
    from dataclasses import asdict

    def told(span: Span) -> dict[str, Any]:
        made = asdict(span)
        made |= {"begin": span.begin - line.begin, "end": span.end - line.begin}
        made["waits"] = [_moved(asdict(wait), line.begin) for wait in span.waits]
        return {key: value for key, value in made.items() if value not in ("", None, [], ())}

    plain = ("thread", "turn", "team", "question", "model", "status", "begin", "end", "seconds")
    sums = ("working", "waiting", "idle", "busy", "most", "retries", "shifted")
    return {
        **{name: getattr(line, name) for name in (*plain, *sums)},
        "money": line.money(),
        "asks": [_moved(asdict(wait), line.begin) for wait in line.asks],
        "path": [_moved(piece._asdict(), line.begin) for piece in line.path],
        "marks": [{**asdict(mark), "time": mark.time - line.begin} for mark in line.marks],
        "spans": [told(span) for span in line.spans],
    }


def _moved(told: dict[str, Any], by: float) -> dict[str, Any]:
    return {**told, "begin": told["begin"] - by, "end": told["end"] - by}


def turns_of(records: Iterable[AnyRecord]) -> list[list[AnyRecord]]:
    """The records of each turn: a run that was no resume, and all that came after it.

    What is said of an earlier turn later (feedback) is put to that turn; what tells of the thread
    as a whole (forks, prunes) belongs to none.
    """
    from stretto.records import RunStarted

    turns: list[list[AnyRecord]] = []
    of_run: dict[str, int] = {}
    for record in records:
        if not record.run:
            continue
        if isinstance(record, RunStarted):
            begins = not record.resumed and record.run not in of_run
            if begins or not turns:
                turns.append([])
            of_run[record.run] = len(turns) - 1
        elif record.run not in of_run:
            if not turns:
                turns.append([])
            of_run[record.run] = len(turns) - 1
        turns[of_run[record.run]].append(record)
    return turns
