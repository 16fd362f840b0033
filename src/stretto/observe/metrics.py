"""Metrics: records folded into rates, times, tokens, money and quality, once through.

What a row of an agent or a version tells of quality is of the answers that it had a part in, and
its money is its own: two versions of one agent can be set side by side.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from stretto.observe.beside import Beside, waited
from stretto.observe.spread import Buckets, Exact
from stretto.observe.steps import Steps
from stretto.observe.tally import BYS, By, Row
from stretto.records import (
    BreakerChanged,
    Budgeted,
    Compensated,
    DeadLettered,
    Feedback,
    FellBack,
    LetterClosed,
    ModelEnded,
    Outcome,
    Retried,
    RunStarted,
    Waited,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stretto.observe.steps import Step, Turn
    from stretto.records import AnyRecord

MOST_ROWS = 500
"""Names that are kept apart, of each kind; what comes after goes into the row `OTHERS`."""
OTHERS = "(others)"
MOST_WAITING = 10_000
"""Threads that are known to wait for a person."""
TYPES = (
    "run_started", "run_ended", "node_started", "node_ended", "model_started", "model_ended",
    "tool_started", "tool_ended", "retried", "fell_back", "breaker_changed", "budgeted",
    "compensated", "dead_lettered", "letter_closed", "waited", "feedback", "outcome",
)  # fmt: skip
"""The types of records that metrics are made of; others need not be read."""
REPLY = "reply"
"""The verdict on what was answered without a plan: nothing was judged."""
ACCEPTED = "accepted"


class Metrics:
    """What records came to, in all or within a time; add more at any time.

    Args:
        since: Only what ended then or later counts, in seconds since the epoch. Records before are
            still to be added: they tell whose what comes later is.
        team: Only what this team did counts.
        exact: Whether quantiles are exact, at eight bytes a time; else they are of buckets, and the
            metrics grow with the number of names alone.
        most: Names that are kept apart, of each kind.
        heard: Called with each step that has come to its end, whether or not it counts.
    """

    def __init__(
        self,
        *,
        since: float | None = None,
        team: str | None = None,
        exact: bool = True,
        most: int = MOST_ROWS,
        heard: Callable[[Step], object] = lambda _: None,
    ) -> None:
        self.rows: dict[tuple[By, str], Row] = {}
        self.beside = Beside()
        self.seq = 0
        """Of the last record that was added; read on `after` it."""
        self.records = 0
        """That counted."""
        self._since, self._team, self._most, self._heard = since, team, most, heard
        self._latency: Callable[[], Exact | Buckets] = Exact if exact else Buckets
        self._steps = Steps()
        self._kinds: dict[By, int] = dict.fromkeys(BYS, 0)
        self.teams: set[str] = set()
        """Names of all teams that ran, whether or not what they did counts."""
        self._agents: set[str] = set()
        """Who was seen at work as an agent; policies name functions in the same place."""
        self.waiting: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """Threads that wait for a person: the team of each, and since when."""

    def add(self, records: Iterable[AnyRecord]) -> None:
        """Take records in, in the order in which they were stored."""
        for record in records:
            self.seq = max(self.seq, record.seq)
            counts = self._since is None or record.time >= self._since
            self.records += counts
            for step in self._steps.add(record):
                self._part(step)
                if counts and self._is_wanted(step.turn):
                    self._count(step)
                if step.kind == "run":
                    self._wait_for_person(step)
            if type(record) is RunStarted:
                self.waiting.pop(record.thread, None)
                if len(self.teams) < self._most:
                    self.teams.add(record.team)
            if type(record) in _HEARD:
                self.beside.stand(record)
                if counts:
                    self._hear(record)

    def bury(self, is_alive: Callable[[RunStarted], bool]) -> None:
        """Count the runs as failed whose process is gone (`stretto.journal.is_alive`)."""
        for step in self._steps.bury(is_alive):
            self._part(step)
            if (self._since is None or step.time >= self._since) and self._is_wanted(step.turn):
                self._count(step)

    def running(self) -> dict[str, int]:
        """How many runs of each team have no end yet."""
        found: dict[str, int] = {}
        for start in self._steps.running():
            if self._team in {None, start.team}:
                found[start.team] = found.get(start.team, 0) + 1
        return found

    def by(self, by: By) -> list[Row]:
        """The rows of one kind, the busiest first; of agents only those that are, not functions."""
        mine = [row for (kind, _), row in self.rows.items() if kind == by]
        if by == "agent":
            mine = [row for row in mine if row.name in self._agents or row.name == OTHERS]
        return sorted(mine, key=lambda row: (-row.count - row.spent.calls, row.name))

    def told(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "records": self.records,
            **{f"{by}s": [row.told() for row in self.by(by)] for by in BYS},
            "running": self.running(),
            "waiting_for_a_person": len(self.waiting),
            **self.beside.told(),
        }

    def _wait_for_person(self, step: Step) -> None:
        self.waiting.pop(step.turn.thread, None)
        if step.status == "interrupted" and self._is_wanted(step.turn):
            self.waiting[step.turn.thread] = step.turn.team, step.time
            if len(self.waiting) > MOST_WAITING:
                self.waiting.popitem(last=False)

    def _is_wanted(self, turn: Turn) -> bool:
        return self._team is None or turn.team == self._team

    def _row(self, by: By, name: str) -> Row:
        row = self.rows.get((by, name))
        if row is None:
            if self._kinds[by] >= self._most and name != OTHERS:
                return self._row(by, OTHERS)
            self._kinds[by] += 1
            row = self.rows[by, name] = Row(by, name, latency=self._latency())
        return row

    def turn(self, record: AnyRecord) -> Turn:
        """The turn that a record belongs to, as far as it is known."""
        return self._steps.turn(record.run, record.thread)

    def _part(self, step: Step) -> None:
        """Note who had a part in the turn, for what is said of its answer."""
        self._heard(step)
        parts = step.turn.parts
        if len(parts) < self._most:
            parts.add(("team", step.turn.team))
            if step.agent:
                if step.is_agent or step.kind != "node":
                    self._know_agent(step.agent)
                parts.add(("agent", step.agent))
                if step.version:
                    parts.add(("version", f"{step.agent} {step.version}"))
            if step.kind == "tool" or step.kind == "model":  # noqa: PLR1714 - narrows its type
                parts.add((step.kind, step.name))

    def _know_agent(self, name: str) -> None:
        if len(self._agents) < self._most:
            self._agents.add(name)

    def _actors(self, step: Step) -> list[Row]:
        """The rows of the team, and of the agent and its version, where there is one."""
        rows = [self._row("team", step.turn.team)]
        if step.agent:
            rows.append(self._row("agent", step.agent))
            if step.version:
                rows.append(self._row("version", f"{step.agent} {step.version}"))
        return rows

    def _count(self, step: Step) -> None:
        match step.kind:
            case "run":
                self._row("team", step.turn.team).end(step.status, step.seconds)
                self._count_agent(step)
            case "node":
                if step.is_agent:
                    self._count_agent(step)
                elif not step.agent and not step.name.startswith("__"):
                    self._row("node", step.name).end(step.status, step.seconds)
            case "tool":
                self._row("tool", step.name).end(step.status, step.seconds)
                if step.ok is not None:
                    for row in self._actors(step):
                        row.tool_calls += 1
            case "model":
                self._count_model(step)

    def _count_agent(self, step: Step) -> None:
        if step.is_agent:
            for row in self._actors(step)[1:]:
                row.end(step.status, step.seconds)

    def _count_model(self, step: Step) -> None:
        mine = self._row("model", step.name)
        mine.end(step.status, step.seconds)
        end = step.end
        if isinstance(end, ModelEnded):
            used = bool(end.input_tokens or end.output_tokens)
            for row in (mine, *self._actors(step)):
                spent = row.spent
                spent.calls += 1
                spent.input_tokens += end.input_tokens
                spent.output_tokens += end.output_tokens
                spent.money += end.cost or 0.0
                spent.priced += end.cost is not None
                spent.unpriced += used and end.cost is None

    def _hear(self, record: AnyRecord) -> None:
        """Count what a record tells that is about steps rather than one of them."""
        turn = self.turn(record)
        if not self._is_wanted(turn):
            return
        match record:
            case Outcome() if record.verdict != REPLY and "|" not in record.place:
                for row in self._judged(turn):  # "|": the outcome of a team within this one
                    row.quality.conclude(record, accepted=record.verdict == ACCEPTED)
            case Feedback():
                for row in self._meant(turn, record):
                    row.quality.judge(record)
            case Retried() | FellBack():
                self._again(turn, record)
            case Waited():
                for row in self._who(turn, record):
                    row.waits += 1
                    row.waited += waited(record)
            case _:
                pass
        self.beside.count(record)

    def _judged(self, turn: Turn) -> list[Row]:
        """The rows of all who had a part in a turn."""
        if not turn.parts:
            return [self._row("team", turn.team)]
        return [self._row(by, name) for by, name in turn.parts]

    def _meant(self, turn: Turn, record: Feedback) -> list[Row]:
        """The rows that feedback is about: of all in the turn, or of the agent whose step it is."""
        if not record.agent:
            return self._judged(turn)
        self._know_agent(record.agent)
        rows = self._who(turn, record)
        if record.version:
            rows.append(self._row("version", f"{record.agent} {record.version}"))
        return rows

    def _who(self, turn: Turn, record: AnyRecord) -> list[Row]:
        """The rows of a team, and of the agent that a record names."""
        rows = [self._row("team", turn.team)]
        return [*rows, self._row("agent", record.agent)] if record.agent else rows

    def _again(self, turn: Turn, record: Retried | FellBack) -> None:
        rows = self._who(turn, record)
        if record.step != "node" or not record.agent:
            rows.append(self._row(record.step, record.name))
        for row in rows:
            row.retries += isinstance(record, Retried)
            row.fallbacks += isinstance(record, FellBack)


_HEARD = frozenset(
    {Outcome, Feedback, Retried, FellBack, BreakerChanged, Budgeted, Waited, Compensated}
    | {DeadLettered, LetterClosed}
)
"""What is about steps, or beside them."""
