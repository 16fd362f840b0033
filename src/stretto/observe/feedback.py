"""Feedback: a person's or a program's judgement of a run, or of a step of it, in the journal.

It is a record like any other, a link of the thread's chain; it goes in while a run is being written
by another process too. With a LangSmith key it is sent there as well, on the run of the same id.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from stretto import clock
from stretto.errors import InvalidInput, ThreadUnknown
from stretto.observe.feedback_langsmith import is_traced, send
from stretto.records import (
    Feedback,
    ModelEnded,
    ModelStarted,
    NodeStarted,
    RunStarted,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.journal.store import Journal
    from stretto.records import AnyRecord

Thumb = Literal["up", "down", ""]
LONG = 50_000
"""Characters of a comment or a correction."""


@dataclass(frozen=True, slots=True)
class Given:
    """What became of feedback."""

    record: Feedback
    sent: bool = False
    """Whether LangSmith has it, too."""
    problem: str = ""
    """Why LangSmith does not have it although there is a key; the journal has it all the same."""


async def give_feedback(
    journal: Journal,
    thread: str,
    *,
    on: str = "",
    thumb: Thumb = "",
    score: float | None = None,
    comment: str = "",
    correction: str = "",
    by: str = "",
) -> Given:
    """Write down a judgement; it is stored when this returns.

    Args:
        journal: That of the thread.
        thread: Its whole id.
        on: What is judged: the id of a run or a step, or the beginning of one; or a task, an agent
            or a tool of the last run by its name, which means its last step there. The thread's
            last run by default.
        thumb: "up" or "down".
        score: Any finite number, higher is better; thumbs count as 1 and 0 where there is none.
        comment: In words, at most 50,000 characters of it are kept.
        correction: What would have been right.
        by: Who judges.

    Raises:
        InvalidInput: Nothing is said, the score is not finite, or `on` leads to nothing.
        ThreadUnknown: There is no run of that thread.
        StateUnavailable: It could not be stored.
    """
    _check(thumb, score, comment, correction)
    steps = await journal.records(thread, types=_STEPS, said=False)
    step = judged(steps, thread, on)
    fields = {name: getattr(step, name) for name in _FIELDS}
    record = Feedback(
        **fields,
        time=clock.now(),
        thread=thread,
        on=step.span or step.run,
        by=by,
        thumb=thumb,
        score=score,
        comment=comment[:LONG],
        correction=correction[:LONG],
    )
    seq = await journal.note(record)
    record = record.model_copy(update={"seq": seq})
    imported = any(isinstance(r, RunStarted) and r.run == step.run and r.origin for r in steps)
    if imported or not is_traced():
        return Given(record)
    problem = await asyncio.to_thread(send, journal.privacy.redacted(_told(record)))
    return Given(record, sent=not problem, problem=problem)


def judged(records: Sequence[AnyRecord], thread: str, on: str) -> AnyRecord:
    """The beginning of the run or step that is meant.

    Args:
        records: The beginnings of the runs and steps of the thread, oldest first.
        thread: For errors.
        on: As of `give_feedback`.

    Raises:
        InvalidInput: Nothing is called so, or several things are.
        ThreadUnknown: There is no run.
    """
    runs = [r for r in records if isinstance(r, RunStarted)]
    if not runs:
        raise ThreadUnknown(f"there is no run of thread {thread!r}. See `stretto threads`.")
    if not on:
        return runs[-1]
    ids = {(r.span or r.run): r for r in records}
    if on in ids:
        return ids[on]
    last = [r for r in records if r.run == runs[-1].run]
    if named := [r for r in last if on in _names(r)]:
        return named[-1]
    begun = [key for key in ids if key.startswith(on)]
    if len(begun) == 1:
        return ids[begun[0]]
    if begun:
        told = ", ".join(begun[:5])
        raise InvalidInput(f"several steps begin with {on!r}: {told}. Give more of the id.")
    names = list(dict.fromkeys(name for r in last for name in _names(r)))
    raise InvalidInput(
        f"nothing in thread {thread!r} is called {on!r}. Give the id of a run or a step, or one of "
        f"its last run's: {', '.join(names[:20])}."
    )


def score_of(record: Feedback) -> float | None:
    """What feedback counts as a number: its score, else 1 and 0 for thumbs up and down."""
    if record.score is not None:
        return record.score
    return {"up": 1.0, "down": 0.0}.get(record.thumb)


_STEPS = ("run_started", "node_started", "model_started", "tool_started")
_FIELDS = ("run", "span", "parent", "place", "node", "agent", "version", "task")


def _check(thumb: str, score: float | None, comment: str, correction: str) -> None:
    if thumb not in {"up", "down", ""}:
        raise InvalidInput(f"a thumb is 'up' or 'down', not {thumb!r}. Give one of them.")
    if score is not None and not math.isfinite(score):
        raise InvalidInput(f"a score of {score} says nothing. Give a finite number.")
    if not (thumb or score is not None or comment.strip() or correction.strip()):
        raise InvalidInput(
            "the feedback says nothing. Give a thumb, a score, a comment or a correction."
        )


def _names(record: AnyRecord) -> list[str]:
    """What a step may be called by."""
    match record:
        case NodeStarted():
            own = [record.node]
        case ModelStarted() | ModelEnded():
            own = [record.model]
        case ToolStarted():
            own = [record.tool]
        case _:
            return []
    return [name for name in (record.task, record.agent, *own) if name]


def _told(record: Feedback) -> dict[str, Any]:
    return {
        "run": record.on,
        "id": f"{record.thread}:{record.seq}",
        "score": score_of(record),
        "comment": record.comment,
        "correction": record.correction,
        "by": record.by,
    }
