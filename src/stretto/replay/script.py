"""What a thread did, made ready to be done again: its turns, and the calls in each."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from stretto.journal.deciding import path_of
from stretto.records import (
    Answered,
    AnyRecord,
    Decided,
    EffectEnded,
    EffectStarted,
    Forked,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.records import RunStatus
    from stretto.replay.recording import Recording

_EFFECT_QUESTION = re.compile(r"ask about .+ (unknown|failed|fork) \d+")
"""The node in which the ledger asks about an effect after a crash (`Question.name`)."""


def is_effect_question(node: str) -> bool:
    """Whether it is where the ledger asks about an effect, and no node of the graph."""
    return _EFFECT_QUESTION.fullmatch(node) is not None


_LEFT = "CancelledError"


@dataclass(slots=True, eq=False)
class ModelCall:
    """A recorded model call."""

    path: str
    started: ModelStarted
    ended: ModelEnded | None
    used: bool = False

    @property
    def is_finished(self) -> bool:
        """Whether it came to an answer or an error."""
        end = self.ended
        return end is not None and not end.error.startswith(_LEFT)


@dataclass(slots=True, eq=False)
class Outcome:
    """What an effect came to, once."""

    status: str
    output: str
    error: str
    run: int
    """Which run of the turn, from 0."""


@dataclass(slots=True, eq=False)
class EffectCall:
    """A recorded effect: a tool call, or a function that a node handed to `effect`."""

    path: str
    place: str
    kind: str
    name: str
    id: str
    args: Any
    """As JSON, whole."""
    seq: int
    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    key: str = ""
    """Of the replayed call that has taken it; empty until then."""
    next: int = 0
    """Index of the outcome that comes next."""


@dataclass(slots=True)
class Run:
    """One run of a turn: its first, or one that went on."""

    start: RunStarted
    end: RunEnded | None = None
    answers: list[Answered] = field(default_factory=list[Answered])
    kept: set[str] = field(default_factory=set[str])
    """Interrupts whose answer is the one of a run before, which died behind it."""

    @property
    def status(self) -> RunStatus:
        """How it ended; `stopped` also for one whose end nobody wrote."""
        return self.end.status if self.end else "stopped"

    @property
    def is_broken(self) -> bool:
        """Whether it ended in the middle of its work, so that some of it was done again."""
        return self.status in {"failed", "stopped"}


@dataclass(slots=True)
class Turn:
    """A question and all work on it."""

    number: int
    """From 1."""
    runs: list[Run]
    models: list[ModelCall]
    effects: list[EffectCall]
    decisions: list[Decided]
    asked: list[Interrupted]
    """Without what the ledger asked about effects after a crash: a replay does not crash."""
    ends: list[NodeEnded]
    """Of the nodes of the root graph."""
    anywhere: bool
    """Whether it was imported, so that its places say nothing about a graph."""

    def path(self, place: str) -> str:
        """The path by which its calls are found."""
        return "" if self.anywhere else path_of(place)

    def asked_within(self, effect: EffectCall) -> list[Any]:
        """What an effect asked a person while it went on, each question once, in order."""
        found: list[Interrupted] = []
        for outcome in effect.outcomes:
            if outcome.status != "suspended":
                continue
            asked = (
                r for r in self.asked if r.place == effect.place and self._run(r) == outcome.run
            )
            record = next(asked, None)
            if record is not None and (not found or self._is_answered(found[-1], record.seq)):
                found.append(record)
        return [record.value for record in found]

    def _run(self, record: AnyRecord) -> int:
        return sum(run.start.seq <= record.seq for run in self.runs) - 1

    def _is_answered(self, question: Interrupted, before: int) -> bool:
        return any(
            answer.interrupt in {"", question.interrupt} and question.seq < answer.seq < before
            for run in self.runs
            for answer in run.answers
        )

    @property
    def begin(self) -> RunStarted:
        """The start of its first run."""
        return self.runs[0].start

    @property
    def status(self) -> RunStatus:
        """How its last run ended."""
        return self.runs[-1].status


def decision(record: Decided) -> dict[str, Any]:
    """What of a decision counts, as JSON."""
    told = record.model_dump(mode="json", include={"by", "decision", "reason", "data"})
    return {key: value for key, value in told.items() if value}


def turns(recording: Recording) -> list[Turn]:
    """Part a recording by turn, up to where it went on from an older checkpoint."""
    parted: list[list[AnyRecord]] = []
    for record in recording.records[: fork_of(recording)]:
        if isinstance(record, RunStarted) and (not record.resumed or not parted):
            parted.append([])
        if parted:
            parted[-1].append(record)
    begun = [part for part in parted[:-1] if not _never_began(part)] + parted[-1:]
    return [_turn(number, records, recording) for number, records in enumerate(begun, 1)]


def fork_of(recording: Recording) -> int | None:
    """Where the first run that went on from an older checkpoint begins; `None` without one."""
    begun, forked = False, None
    for place, record in enumerate(recording.records):
        if isinstance(record, Forked) and forked is None:
            forked = place
        elif isinstance(record, RunStarted):
            if begun and (forked is not None or record.checkpoint):
                return place if forked is None else forked
            begun = True
    return None


def _never_began(records: Sequence[AnyRecord]) -> bool:
    """Whether a turn was killed before its input was stored, so that it had to be asked again."""
    return all(isinstance(r, RunStarted) or _is_broken(r) for r in records)


def _is_broken(record: AnyRecord) -> bool:
    return isinstance(record, RunEnded) and record.status in {"failed", "stopped"}


def _turn(number: int, records: Sequence[AnyRecord], recording: Recording) -> Turn:
    runs: list[Run] = []
    at: dict[int, int] = {}
    given: set[str] = set()
    for place, record in enumerate(records):
        if isinstance(record, RunStarted):
            runs.append(Run(record))
        elif isinstance(record, RunEnded):
            runs[-1].end = record
        elif isinstance(record, Answered):
            runs[-1].answers.append(record)
            if record.interrupt in given:
                runs[-1].kept.add(record.interrupt)
            given.add(record.interrupt)
        elif isinstance(record, Interrupted):
            given.discard(record.interrupt)
        at[place] = len(runs) - 1
    anywhere = bool(runs[0].start.origin)
    made = Turn(number, runs, [], [], [], [], [], anywhere=anywhere)
    made.models = _models(records, made, at)
    made.effects = _effects(records, made, at, recording)
    made.decisions = [r for r in records if isinstance(r, Decided)]
    made.asked = [
        r for r in records if isinstance(r, Interrupted) and not is_effect_question(r.node)
    ]
    made.ends = [r for r in records if isinstance(r, NodeEnded) and "|" not in r.place]
    return made


def _models(records: Sequence[AnyRecord], turn: Turn, at: dict[int, int]) -> list[ModelCall]:
    """The model calls that count: what a broken run began and a later one did again does not."""
    ends = {r.span: r for r in records if isinstance(r, ModelEnded)}
    found = [
        (at[place], ModelCall(turn.path(r.place), r, ends.get(r.span)))
        for place, r in enumerate(records)
        if isinstance(r, ModelStarted)
    ]
    kept: list[ModelCall] = []
    again: Counter[tuple[str, str, str]] = Counter()
    for run in range(len(turn.runs) - 1, -1, -1):
        calls = [call for place, call in found if place == run]
        redone = Counter(again) if turn.runs[run].is_broken else Counter[tuple[str, str, str]]()
        for call in calls:
            if redone[_same(call)] > 0:
                redone[_same(call)] -= 1
            else:
                kept.append(call)
        again = Counter(map(_same, kept))
    return sorted(kept, key=lambda call: call.started.seq)


def _same(call: ModelCall) -> tuple[str, str, str]:
    """What a call has in common with one that does it again: the task of the root graph too."""
    return call.started.place.partition("|")[0], call.path, call.started.input


_NO_OUTCOME = {"returned", "asked"}
"""Ends of an effect that say nothing of what became of it."""


def _effects(
    records: Sequence[AnyRecord], turn: Turn, at: dict[int, int], recording: Recording
) -> list[EffectCall]:
    by_key: dict[str, EffectCall] = {}
    for place, record in enumerate(records):
        if isinstance(record, EffectStarted) and record.kind not in {"model", "undo"}:
            if record.key not in by_key:
                by_key[record.key] = _effect(record, turn, recording)
        elif isinstance(record, EffectEnded) and record.status not in _NO_OUTCOME:
            outcome = Outcome(record.status, record.output, record.error, at[place])
            if record.key in by_key:
                by_key[record.key].outcomes.append(outcome)
    for call in by_key.values():
        call.outcomes = _lasting(call.outcomes, turn)
    tools = _bare_tools(records, turn, at, recording, by_key)
    return sorted([*by_key.values(), *tools], key=lambda call: call.seq)


def _effect(record: EffectStarted, turn: Turn, recording: Recording) -> EffectCall:
    held = recording.value(record.input) if record.input in recording.payloads else None
    args = held.get("args") if isinstance(held, dict) and "args" in held else record.args
    own = record.key.removeprefix(f"{record.place}|{record.kind}|")
    path = turn.path(record.place)
    return EffectCall(path, record.place, record.kind, record.name, own, args, record.seq)


def _bare_tools(
    records: Sequence[AnyRecord],
    turn: Turn,
    at: dict[int, int],
    recording: Recording,
    by_key: dict[str, EffectCall],
) -> list[EffectCall]:
    """Tool calls of which no effect tells: imported ones, and those outside the ledger."""
    known = {(call.path, call.id) for call in by_key.values() if call.kind == "tool"}
    inside = {(call.path, call.name) for call in by_key.values() if call.kind == "tool"}
    ends = {r.span: r for r in records if isinstance(r, ToolEnded)}
    found: dict[tuple[str, str], EffectCall] = {}
    for place, record in enumerate(records):
        if not isinstance(record, ToolStarted):
            continue
        path = turn.path(record.place)
        if (path, record.call) in known or (not record.call and (path, record.tool) in inside):
            continue
        args = record.args
        if record.input in recording.payloads:
            args = recording.value(record.input)
        made = EffectCall(path, record.place, "tool", record.tool, record.call, args, record.seq)
        call = found.setdefault((record.place, record.call or record.span), made)
        if (end := ends.get(record.span)) and end.status in {"done", "failed"}:
            status = "settled" if end.output else "failed"
            call.outcomes.append(Outcome(status, end.output, end.error, at[place]))
    return list(found.values())


def _lasting(outcomes: list[Outcome], turn: Turn) -> list[Outcome]:
    """What a broken run left behind does not count where a later one did it again."""
    return [
        one
        for place, one in enumerate(outcomes)
        if one.status in {"settled", "suspended"}
        or not turn.runs[one.run].is_broken
        or all(later.run == one.run for later in outcomes[place:])
    ]
