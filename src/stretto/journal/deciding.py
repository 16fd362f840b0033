"""What is to be done when an effect comes up: pure decisions, from the records of its key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

from stretto.records import Compensated, EffectEnded, EffectStarted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.journal.payloads import Payload
    from stretto.records import AnyRecord, EffectKind
    from stretto.spec.tool import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An effect that is about to happen, and where."""

    kind: EffectKind
    name: str
    id: str
    """The tool call's id, the key its caller gave, or its ordinal in the node."""
    effect: Effect
    thread: str
    place: str
    """LangGraph's `checkpoint_ns` of the innermost task."""
    input: str
    """Digest of what it is given, without message ids."""
    payloads: Sequence[Payload] = ()
    """What that digest names."""
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The same as a person reads it."""
    checkpoints: Mapping[str, str] = field(default_factory=dict[str, str])
    """Ids of the checkpoints it rests on, by namespace; the root graph's under ""."""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What its records tell of run, place and agent."""
    undo: str = ""
    """What undoes it, as `module:name`; empty when nothing does."""
    given: str = ""
    """Digest of its arguments as they are, for the undo; one of `payloads`."""

    @property
    def key(self) -> str:
        """What it is known by."""
        return f"{self.place}|{self.kind}|{self.id}"

    @property
    def root(self) -> str:
        """The root graph's checkpoint that it rests on."""
        return self.checkpoints.get("", "")

    @property
    def changes(self) -> bool:
        """Whether it may change the world."""
        return self.kind != "model" and self.effect != "reads"

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice does no harm."""
        return self.effect in {"reads", "idempotent"}


def path_of(place: str) -> str:
    """A place without the ids of tasks: the same in every run of a graph."""
    return "|".join(part.partition(":")[0] for part in place.split("|"))


Why = Literal["unknown", "failed", "fork"]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person must say before an effect may happen again."""

    call: Call
    why: Why
    """`unknown`: it was started and never came back; `failed`: it raised in an earlier run;
    `fork`: it was done from the checkpoint that this is a fork of."""
    starts: tuple[EffectStarted, ...]
    """The earlier ones; none when their records were pruned and nobody knows."""
    error: str = ""

    @property
    def mark(self) -> str:
        """Another one for each question of an effect, the same when it is put again."""
        return f"{self.why} {len(self.starts)}"

    @property
    def name(self) -> str:
        """What it is called in the graph."""
        return f"ask about {self.call.name} {self.call.id} {self.mark}"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a person said: do it (again), or what it is to be taken to have given."""

    again: bool
    value: Any = None
    done: bool = True
    """Whether it happened, where it is not to be done (again)."""


@dataclass(frozen=True, slots=True)
class Start:
    """It is to be done, for the n-th time."""

    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Return:
    """It was done: its record is given back."""

    output: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """It may have been done, and must not be done twice."""

    since: EffectStarted | None
    """Its start; `None` when the records are pruned that would tell."""
    done: bool = False
    """Whether it is known to have been done."""


@dataclass(frozen=True, slots=True)
class Changed:
    """It was done, with another input than it is now to be done with."""

    before: EffectStarted


Decision = Start | Return | Refuse | Changed | Question


def decide(
    call: Call,
    history: Sequence[AnyRecord],
    twins: Sequence[AnyRecord] = (),
    *,
    unsure: bool = False,
) -> Decision:
    """Say what is to be done with a call, from the records of its key.

    Args:
        call: What is to happen.
        history: The effect records of its key, oldest first.
        twins: Starts of effects from checkpoints that the call's is a fork of, which came to
            something or may have.
        unsure: Whether records that would tell of twins have been pruned.
    """
    starts = [r for r in history if isinstance(r, EffectStarted)]
    if not starts:
        return _anew(call, twins, unsure=unsure)
    last = starts[-1]
    end, undone = final_end(history, last), was_undone(history, last)
    if end is not None and end.status == "settled" and not undone:
        if last.input == call.input:
            return Return(end.output)
        return Start(len(starts) + 1) if call.repeatable else Changed(last)
    if undone or call.repeatable or _begun_anew(end, call):
        return Start(len(starts) + 1)
    if call.effect == "fail":
        return Refuse(last)
    failed = end is not None and end.status == "failed"
    why = end.error if end is not None else ""
    return Question(call, "failed" if failed else "unknown", tuple(starts), why)


def asked_before(
    call: Call, history: Sequence[AnyRecord], twins: Sequence[AnyRecord] = ()
) -> list[Question]:
    """The questions that were put about a call, in order, each once.

    A question is a task of the node, and LangGraph finds the result of a task by how many the node
    has called before. So a node that runs again must put the same questions, of which LangGraph
    keeps the answers; else the tasks behind them would be taken for others.
    """
    starts = tuple(r for r in history if isinstance(r, EffectStarted))
    fork = tuple(r for r in twins if isinstance(r, EffectStarted) and _same(call, r))
    marks = [r.question for r in history if isinstance(r, EffectEnded) and r.status == "asked"]
    found: list[Question] = []
    for mark in dict.fromkeys(marks):
        why, _, many = mark.partition(" ")
        known = fork if why == "fork" else starts[: int(many)]
        found.append(Question(call, cast("Why", why), known))
    return found


def _same(call: Call, start: EffectStarted) -> bool:
    return (start.kind, start.name) == (call.kind, call.name)


def final_end(history: Sequence[AnyRecord], start: EffectStarted) -> EffectEnded | None:
    """The last record that says what became of an effect since a start; `None` if none does."""
    return next((r for r in reversed(history) if _ends(r, start)), None)


def was_undone(history: Sequence[AnyRecord], start: EffectStarted) -> bool:
    """Whether what was started has been undone since."""
    return any(
        isinstance(r, Compensated)
        and r.status == "done"
        and r.key == start.key
        and r.seq > start.seq
        for r in history
    )


def _ends(record: AnyRecord, start: EffectStarted) -> TypeGuard[EffectEnded]:
    ends = isinstance(record, EffectEnded) and record.status not in {
        "returned",
        "refused",
        "asked",
    }
    return ends and record.seq > start.seq


def _begun_anew(end: EffectEnded | None, call: Call) -> bool:
    """Whether an effect that is not settled may begin anew without a question.

    It may after an interrupt inside it, and when who asks retries within the run that failed.
    """
    if end is None:
        return False
    return end.status == "suspended" or (
        end.status == "failed" and end.run == call.fields.get("run")
    )


def _anew(call: Call, twins: Sequence[AnyRecord], *, unsure: bool) -> Decision:
    done = tuple(r for r in twins if isinstance(r, EffectStarted) and _same(call, r))
    if call.repeatable or not (done or unsure):
        return Start()
    if call.effect == "fail":
        return Refuse(done[-1] if done else None, done=bool(done))
    return Question(call, "fork", done)
