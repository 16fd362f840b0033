"""Folds the records of a thread into who decided, who executed and who approved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from stretto.cli.ask import actions
from stretto.cli.words import arguments, counted, plain
from stretto.records import (
    Answered,
    BreakerChanged,
    Budgeted,
    Compensated,
    CompensationStarted,
    DeadLettered,
    Decided,
    EffectEnded,
    EffectStarted,
    Feedback,
    FellBack,
    Forgotten,
    Forked,
    Handoff,
    Interrupted,
    LetterClosed,
    ModelEnded,
    Pruned,
    Retried,
    RunEnded,
    RunStarted,
    ToolEnded,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.records import AnyRecord


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice, and why it was made."""

    time: float
    by: str
    version: str
    decision: str
    reason: str
    others: tuple[str, ...]
    """What else was possible."""


@dataclass(slots=True)
class Use:
    """A model, a tool or a function of a node that someone called."""

    name: str
    effect: str
    """How a tool was declared: reads, idempotent, ask or fail; `model` for models; `tool` where no
    ledger was there."""
    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    """How often it ended how."""

    def count(self, outcome: str) -> None:
        """Note that a call ended so."""
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1


@dataclass(slots=True)
class Executor:
    """An agent, or a node without one, that called models or tools."""

    name: str
    version: str
    tasks: list[str] = field(default_factory=list[str])
    """Ids of the plan's tasks that it worked on."""
    uses: list[Use] = field(default_factory=list[Use])

    def use(self, name: str, effect: str = "") -> Use:
        """What it called by that name, a model or anything else."""
        is_model = effect == "model"
        for known in self.uses:
            if known.name == name and (known.effect == "model") == is_model:
                return known
        self.uses.append(Use(name, effect or "tool"))
        return self.uses[-1]


@dataclass(slots=True)
class Approval:
    """What a person was asked, and answered."""

    asked: str
    by_whom: str
    """The agent or node that asked."""
    time: float
    """When it was answered, or asked if it was not."""
    answered: bool = False
    by: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something else that an auditor wants to know."""

    time: float
    kind: str
    text: str


@dataclass(slots=True)
class Deeds:
    """What a thread's records say of who did what."""

    thread: str
    team: str = ""
    question: str = ""
    model: str = ""
    runs: int = 0
    records: int = 0
    started: float = 0.0
    updated: float = 0.0
    forgotten: bool = False
    """Whether something that was said is no longer there."""
    decisions: list[Decision] = field(default_factory=list[Decision])
    executors: list[Executor] = field(default_factory=list[Executor])
    approvals: list[Approval] = field(default_factory=list[Approval])
    events: list[Event] = field(default_factory=list[Event])


def deeds_of(thread: str, records: Iterable[AnyRecord]) -> Deeds:
    """Fold the records of a thread, oldest first."""
    folding = _Folding(thread)
    for record in records:
        folding.take(record)
    return folding.deeds


class _Folding:
    def __init__(self, thread: str) -> None:
        self.deeds = Deeds(thread)
        self._executors: dict[tuple[str, str], Executor] = {}
        self._waiting: dict[str, Approval] = {}
        self._open: set[str] = set()
        """Runs that have no end."""

    def take(self, record: AnyRecord) -> None:
        deeds = self.deeds
        deeds.records += 1
        deeds.started = deeds.started or record.time
        deeds.updated = record.time
        deeds.forgotten = deeds.forgotten or record.forgotten
        match record:
            case RunStarted():
                self._begin(record)
            case RunEnded():
                self._open.discard(record.run)
                if record.status in {"failed", "stopped"}:
                    self._event(record, f"run {record.status}", record.error)
            case Decided():
                self._decide(record)
            case ModelEnded() | ToolEnded() | EffectStarted() | EffectEnded():
                self._execute(record)
            case Interrupted() | Answered():
                self._approve(record)
            case _:
                if told := _told(record):
                    self._event(record, *told)

    def _event(self, record: AnyRecord, kind: str, text: str) -> None:
        self.deeds.events.append(Event(record.time, kind, " ".join(text.split())))

    def _begin(self, record: RunStarted) -> None:
        deeds = self.deeds
        if record.resumed and self._open:
            self._event(record, "run resumed", "after one that ended without a word")
        self._open = {record.run}
        deeds.runs += 1
        deeds.team = record.team
        deeds.model = record.model or deeds.model
        deeds.question = record.question or deeds.question

    def _decide(self, record: Decided) -> None:
        others = tuple(other for other in record.alternatives if other != record.decision)
        version = record.version if record.agent == record.by else ""
        self.deeds.decisions.append(
            Decision(record.time, record.by, version, record.decision, record.reason, others)
        )

    def _execute(self, record: ModelEnded | ToolEnded | EffectStarted | EffectEnded) -> None:
        executor = self._executor(record)
        if record.task and record.task not in executor.tasks:
            executor.tasks.append(record.task)
        match record:
            case ModelEnded():
                executor.use(record.model, "model").count("failed" if record.error else "done")
            case ToolEnded():
                executor.use(record.tool).count(_ENDED.get(record.status, record.status))
            case EffectStarted() if record.kind != "model":
                executor.use(record.name).effect = record.effect
            case EffectEnded():
                self._settle(executor, record)
            case _:
                pass

    def _settle(self, executor: Executor, record: EffectEnded) -> None:
        """Count what the ledger alone tells; the rest of a call is told by its own record."""
        use = executor.use(record.name, "model" if record.kind == "model" else "")
        if record.status in _LEDGER:
            use.count(_LEDGER[record.status])
        elif record.kind == "call":
            use.count(_CALL.get(record.status, record.status))

    def _executor(self, record: AnyRecord) -> Executor:
        key = record.agent or record.node or "(outside any node)", record.version
        if key not in self._executors:
            self._executors[key] = Executor(*key)
            self.deeds.executors.append(self._executors[key])
        return self._executors[key]

    def _approve(self, record: Interrupted | Answered) -> None:
        if isinstance(record, Interrupted):
            if record.interrupt not in self._waiting:
                asked = _asked(record.value)
                made = Approval(asked, _asker(record), record.time)
                self._waiting[record.interrupt] = made
                self.deeds.approvals.append(made)
            return
        last = next(reversed(self._waiting), "")
        known = self._waiting.pop(record.interrupt or last, None)
        if known is None:
            known = Approval("", "", record.time)
            self.deeds.approvals.append(known)
        known.time, known.answered, known.by = record.time, True, record.by
        known.answer = _answer(record.answer)


def _asker(record: Interrupted) -> str:
    """Who asked: the agent or node, and that it is about an effect if the ledger asks for it."""
    if not record.node.startswith(_LEDGER_ASKS):
        return record.agent or record.node
    outer = [part.partition(":")[0] for part in record.place.split("|")[:-1]]
    return " ".join(
        filter(None, (record.agent or (outer[-1] if outer else ""), "(did it happen?)"))
    )


def _asked(value: Any) -> str:
    """What a person is asked, in a line."""
    found = [f"{one.get('name')} {arguments(one.get('args') or {}, 100)}" for one in actions(value)]
    if not found and isinstance(value, dict):
        told = cast("dict[str, Any]", value)
        found = [str(told[name]) for name in ("question", "message") if name in told][:1]
    return " ".join("; ".join(found or [plain(value)]).split())


def _answer(value: Any) -> str:
    """What a person answered, in a line."""
    told = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    decisions: Any = told.get("decisions")
    if not isinstance(decisions, list):
        return " ".join(plain(value).split())
    return "; ".join(_decision(one) for one in decisions)


def _decision(one: Any) -> str:
    if not isinstance(one, dict):
        return plain(one)
    told = cast("dict[str, Any]", one)
    edited = cast("dict[str, Any]", told.get("edited_action") or {})
    said = str(told.get("message") or "")
    if edited:
        said = f"{edited.get('name', '')} {arguments(edited.get('args') or {}, 100)}"
    kind = _VERBS.get(str(told.get("type")), str(told.get("type")))
    return f"{kind}: {said}" if said else kind


_VERBS = {
    "approve": "approved",
    "reject": "rejected",
    "edit": "approved, changed to",
    "respond": "answered",
}
_LEDGER_ASKS = "ask about "
"""Begins the name of the task in which the ledger asks a person (`deciding.Question.name`)."""
_LEDGER = {
    "returned": "returned from the record",
    "refused": "refused",
    "unknown": "left unfinished",
}
"""What only the ledger tells of a tool call, in words."""
_CALL = {"settled": "done", "suspended": "asked"}
_ENDED = {"interrupted": "asked"}


def _told(record: AnyRecord) -> tuple[str, str] | None:
    """What else happened in a run: its kind and a line."""
    match record:
        case Handoff():
            return "handoff", f"{record.by} to {record.to}{_why(record.reason)}"
        case Retried():
            what = f"{record.step} {record.name}, attempt {record.attempt}"
            return "retry", f"{what}{_why(record.error)}"
        case FellBack():
            return "fallback", f"{record.step} {record.name} to {record.to}{_why(record.error)}"
        case CompensationStarted() | Compensated() | DeadLettered() | LetterClosed():
            return _told_of_undoing(record)
        case BreakerChanged() | Budgeted():
            return _told_of_bounds(record)
        case _:
            return _told_later(record)


def _told_of_undoing(
    record: CompensationStarted | Compensated | DeadLettered | LetterClosed,
) -> tuple[str, str]:
    match record:
        case CompensationStarted():
            where = record.node if record.scope else "the turn"
            return "undoing", f"{where} {record.why}{_by(record.by)}{_why(record.error)}"
        case Compensated():
            how = f" by {record.undo}" if record.undo else ""
            tries = f", {counted(record.attempts, 'attempt')}" if record.attempts > 1 else ""
            return "undone", f"{record.step} {record.status}{how}{tries}{_why(record.error)}"
        case DeadLettered():
            return "dead letter", f"{record.name} ({record.letter}){_why(record.error)}"
        case LetterClosed():
            return "letter", f"{record.letter} {record.how}{_by(record.by)}{_why(record.reason)}"


def _told_of_bounds(record: BreakerChanged | Budgeted) -> tuple[str, str] | None:
    if isinstance(record, BreakerChanged):
        return "breaker", f"{record.breaker} {record.state}{_why(record.reason)}"
    if record.event not in {"exceeded", "warned"}:
        return None
    return "budget", f"{record.budget} {record.event}: {record.used:g} {record.unit}"


def _told_later(record: AnyRecord) -> tuple[str, str] | None:
    """What was done with a thread from outside: its kind and a line."""
    match record:
        case Feedback():
            score = "" if record.score is None else f"{record.score:g}"
            parts = (record.thumb, score, record.comment, record.correction)
            return "feedback", f"{record.by or 'someone'}: {', '.join(filter(None, parts))}"
        case Forked():
            return "fork", f"back to checkpoint {record.origin}{_by(record.by)}"
        case Pruned():
            what = f"{counted(len(record.runs), 'run')}, the records before {record.before}"
            return "prune", f"{what}{_by(record.by)}"
        case Forgotten():
            what = f"what was said before, {counted(record.payloads, 'payload')}"
            return "forgotten", f"{what}{_by(record.by)}"
        case _:
            return None


def _why(told: str) -> str:
    return f": {told}" if told else ""


def _by(name: str) -> str:
    return f", by {name}" if name else ""
