"""Says in a line what a record tells beside the work itself: retries, handoffs, effects, money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.cli.words import counted, cut
from stretto.records import (
    AnyRecord,
    BreakerChanged,
    Budgeted,
    Compensated,
    CompensationStarted,
    DeadLettered,
    EffectEnded,
    EffectStarted,
    Feedback,
    FellBack,
    Forgotten,
    Forked,
    Handoff,
    LetterClosed,
    Outcome,
    Pruned,
    Retried,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.records import EffectStatus

WHY = 160
"""Characters shown of a reason or an error."""
_EFFECTS: Mapping[EffectStatus, str] = {
    "returned": "was done before: its record is given back",
    "unknown": "was left; it may have been done",
    "refused": "may have been done and is not done again",
}


def noted(record: AnyRecord) -> str:
    """What happened beside the work; empty for all other records, and where nothing is amiss."""
    match record:
        case Retried() | FellBack() | Handoff() | Forked() | Pruned() | Forgotten():
            return _happened(record)
        case EffectStarted() | EffectEnded():
            return _effect(record)
        case CompensationStarted() | Compensated() | DeadLettered() | LetterClosed():
            return _undone(record)
        case BreakerChanged() | Budgeted() | Feedback() | Outcome():
            return _judged(record)
        case _:
            return ""


def _happened(record: Retried | FellBack | Handoff | Forked | Pruned | Forgotten) -> str:
    match record:
        case Retried():
            return f"{record.name} is tried again, attempt {record.attempt}{_why(record.error)}"
        case FellBack():
            return f"{record.to} takes over from {record.name}{_why(record.error)}"
        case Handoff():
            return f"{record.by} hands over to {record.to}{_why(record.reason)}"
        case Forked():
            return f"the thread goes back to checkpoint {record.origin}{_by(record.by)}"
        case Pruned():
            return f"{counted(record.before, 'old record')} removed{_by(record.by)}"
        case Forgotten():
            return f"what was said until here is forgotten{_by(record.by)}"


def _effect(record: EffectStarted | EffectEnded) -> str:
    if isinstance(record, EffectStarted):
        return (
            f"{record.name} is done again, attempt {record.attempt}" if record.attempt > 1 else ""
        )
    told = _EFFECTS.get(record.status, "")
    return f"{record.name} {told}" if told else ""


def _undone(record: CompensationStarted | Compensated | DeadLettered | LetterClosed) -> str:
    match record:
        case CompensationStarted():
            what = "what was done here" if record.scope else "what was done in this turn"
            return f"{what} is undone ({record.why}){_by(record.by)}{_why(record.error)}"
        case Compensated():
            undone = "is undone" if record.status == "done" else "could not be undone"
            return f"{record.step} {undone}{_why(record.error)}"
        case DeadLettered():
            return f"{record.name} waits for a person: stretto dead-letters show {record.letter}"
        case LetterClosed():
            return (
                f"dead letter {record.letter} is {record.how}{_by(record.by)}{_why(record.reason)}"
            )


def _judged(record: BreakerChanged | Budgeted | Feedback | Outcome) -> str:
    match record:
        case BreakerChanged():
            return f"breaker {record.breaker} is {record.state}{_why(record.reason)}"
        case Budgeted(event="warned" | "exceeded"):
            most = "" if record.limit is None else f" of {record.limit:g}"
            return f"budget {record.budget} {record.event}: {record.used:g}{most} {record.unit}"
        case Budgeted():
            return ""
        case Feedback():
            score = "" if record.score is None else f" {record.score:g}"
            said = f"{record.thumb}{score}".strip()
            return f"feedback{_by(record.by)}: {said} {record.comment}".rstrip()
        case Outcome():
            edits = f", {counted(record.human_edits, 'edit')} by people" * bool(record.human_edits)
            rounds = f" after {counted(record.rounds, 'round')}" if record.rounds else ""
            return f"outcome: {record.verdict}{rounds}{edits}"


def _why(text: str) -> str:
    return f": {cut(text, WHY)}" if text else ""


def _by(person: str) -> str:
    return f" by {person}" if person else ""
