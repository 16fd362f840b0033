"""What happened at a point of time, in a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.records import (
    Answered,
    BreakerChanged,
    Budgeted,
    Compensated,
    CompensationStarted,
    DeadLettered,
    Decided,
    Feedback,
    FellBack,
    Handoff,
    Interrupted,
    LetterClosed,
    Outcome,
    Retried,
)

if TYPE_CHECKING:
    from stretto.records import AnyRecord

LONG = 300
"""Characters of a line."""


def told(record: AnyRecord) -> str:
    """What a record tells of a point of time; empty for what has a span or tells of none."""
    return " ".join(_told(record).split())[:LONG]


def _told(record: AnyRecord) -> str:
    match record:
        case Decided():
            return f"{record.by} decides: {record.decision}{_why(record.reason)}"
        case Handoff():
            return f"{record.by} hands over to {record.to}{_why(record.reason)}"
        case Retried():
            return f"{record.name} is tried again, attempt {record.attempt}{_why(record.error)}"
        case FellBack():
            return f"{record.to} takes over from {record.name}{_why(record.error)}"
        case _:
            return _told_of_people(record)


def _told_of_people(record: AnyRecord) -> str:
    match record:
        case Interrupted():
            return f"{record.agent or record.node or 'the run'} asks a person"
        case Answered():
            return f"answered{_by(record.by)}"
        case Outcome():
            return f"outcome: {record.verdict}"
        case Feedback():
            score = "" if record.score is None else f"{record.score:g}"
            parts = (record.thumb, score, record.comment, record.correction)
            return f"feedback by {record.by or 'someone'}: {', '.join(filter(None, parts))}"
        case _:
            return _told_of_bounds(record)


def _told_of_bounds(record: AnyRecord) -> str:
    match record:
        case BreakerChanged():
            return f"breaker {record.breaker}: {record.state}{_why(record.reason)}"
        case Budgeted(event="warned" | "exceeded"):
            return f"budget {record.budget} {record.event}: {record.used:g} {record.unit}"
        case _:
            return _told_of_undoing(record)


def _told_of_undoing(record: AnyRecord) -> str:
    match record:
        case CompensationStarted():
            whose = (record.agent or record.node) if record.scope else "the turn"
            return f"undoing begins: {whose} {record.why}{_by(record.by)}{_why(record.error)}"
        case Compensated():
            return f"{record.step} undone: {record.status}{_why(record.error)}"
        case DeadLettered():
            return f"dead letter {record.letter}: {record.name}{_why(record.error)}"
        case LetterClosed():
            how = f"{record.how}{_by(record.by)}{_why(record.reason)}"
            return f"dead letter {record.letter} {how}"
        case _:
            return ""


def _by(person: str) -> str:
    return f" by {person}" if person else ""


def _why(reason: str) -> str:
    return f": {reason}" if reason else ""
