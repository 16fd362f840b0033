"""Makes a member's work undoable, and undoes what was done in it when it comes to nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from langchain_core.messages import BaseMessage
from langgraph.errors import GraphBubbleUp, GraphRecursionError, is_invalid_resume

from stretto.errors import (
    COMPENSATED,
    BudgetExceeded,
    LimitReached,
    Rejected,
    RunStopped,
    StateUnavailable,
    StateUnreadable,
    ThreadTaken,
    WorkUndone,
)
from stretto.journal.ledger import Ledger
from stretto.journal.payloads import object_payload, value_of
from stretto.journal.reading import error_text
from stretto.members.effects import Found, single
from stretto.members.scope import Undoing
from stretto.members.undoing import RULE, outcome_text
from stretto.records import CompensationStarted
from stretto.resilience.budget import RUN
from stretto.resilience.deadline import run_is_over
from stretto.spec.undo import undo_name
from stretto.state import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from stretto.journal.payloads import Payload
    from stretto.members.undoing import Sleep, Undone
    from stretto.members.where import Where
    from stretto.policy import Retry
    from stretto.records import Occasion
    from stretto.spec.undo import Undo

T = TypeVar("T")
CANCELLED_SECONDS = 30.0
"""How long what was cancelled may take to undo what it did; a resume undoes the rest."""
PASSING = (GraphBubbleUp, RunStopped, ThreadTaken, StateUnavailable, StateUnreadable)
"""What is raised by work that waits, stops at a safe point, or can write no more: it may go on, or
another process does, so nothing is undone."""
LIMITS = (LimitReached, GraphRecursionError)
"""What is raised when a limit is used up: what was done is stored, and a resume with a higher limit
goes on from it."""


async def compensating(
    at: Where | None,
    name: str,
    work: Callable[[], Awaitable[T]],
    *,
    retry: Retry = RULE,
    sleep: Sleep | None = None,
) -> T:
    """Do a member's work, and undo what was done in it when it comes to nothing.

    That is when it raises (not when it waits for a person, nor when a limit of the run is used up;
    its own budget counts), gives an `Answer` that was rejected or raises `Rejected`, or is
    cancelled other than by the run's deadline. Steps that were done within its place are undone in
    reverse order; then the error goes on with a note of it. Work that has been undone does not go
    on at its place: a resume finishes the undoing and fails again, or gives the rejected answer
    again.

    Args:
        at: Where it happens; `None` outside a journaled run, where nothing can be undone.
        name: The member's.
        work: Does it.
        retry: How often, and after which waits, an undo that raises is tried.
        sleep: Waits.

    Raises:
        WorkUndone: The work was undone before.
        Exception: What the work raises.
    """
    if at is None or not isinstance(at.handler.ledger, Ledger):  # a replay undoes nothing
        return await work()
    undoing = Undoing(
        at.handler.ledger,
        at.fields["thread"],
        scope=at.place,
        name=name,
        fields=at.fields,
        retry=retry,
        sleep=sleep,
    )
    if (before := await _undone_before(at, undoing)) is not None:
        kept: T = await _again(before, name, undoing)
        return kept
    try:
        value = await work()
    except asyncio.CancelledError:
        if run_is_over() or at.handler.journal.stored.is_broken(at.fields["thread"]):
            raise
        await in_peace(undoing.undo("cancelled", error="it was cancelled"))
        raise
    except Exception as error:
        if goes_on(error):
            raise
        why: Occasion = "rejected" if isinstance(error, Rejected) else "failed"
        noted(error, await undoing.undo(why, error=error_text(error)))
        raise
    if (answer := rejected(value)) is not None:
        await undoing.undo("rejected", error=answer.reason, output=_kept(value))
    return value


async def undoable(
    at: Where | None, name: str, undo: Undo, do: Callable[[Any], Awaitable[Any]], given: Any
) -> Any:
    """Do a member's work as one effect, declared idempotent, that `undo(result, given)` undoes.

    Args:
        at: Where it happens; `None` outside a journaled run, where nothing is noted.
        name: The member's.
        undo: A function at the top of a module, or its name as `module:function`.
        do: Does the work with what is given; what it gives must be storable.
        given: What the member is given, storable too.

    Raises:
        InvalidInput: The undo is none that another process could find, or `given` cannot be kept.
        EffectUnknown, EffectChanged, ThreadTaken, StateUnavailable: As `Ledger.run`.
        Exception: What the work raises.
    """
    undone = undo_name(undo)
    if at is None:
        return await do(given)
    told = {"given": _without_ids(given)}
    found = Found("call", name, f"{name}:member", "idempotent", told, undone, ((given,), {}))
    return await single(at, found, lambda: do(given))


def rejected(value: object) -> Answer | None:
    """The answer in what a member gave, if a person rejected it."""
    found: object = value
    if isinstance(value, dict):
        found = value.get("answer")
    return found if isinstance(found, Answer) and found.verdict == "rejected" else None


def because(error: str) -> str:
    """An error as a reason inside a sentence, whose full stop is the sentence's."""
    return f": {error.rstrip().removesuffix('.')}" if error else ""


def noted(error: BaseException, undone: list[Undone]) -> None:
    """Let an error say what was undone after it."""
    if undone:
        error.add_note(f"{COMPENSATED}{outcome_text(undone)}")


async def in_peace(work: Awaitable[Any], seconds: float = CANCELLED_SECONDS) -> None:
    """Let work end in a task that is cancelled, for a time; a second cancellation ends it."""
    task = asyncio.ensure_future(work)
    try:
        with suppress(TimeoutError, *PASSING):
            await asyncio.wait_for(asyncio.shield(task), seconds)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])


def goes_on(error: Exception) -> bool:
    """Whether work that raised this may go on, so that nothing of it is to be undone.

    It waits, was given an answer of another shape, was asked to stop, can write no more, or a limit
    of the whole run is used up; a budget of a member is another matter.
    """
    if isinstance(error, BudgetExceeded):
        return error.budget == RUN
    return isinstance(error, (*PASSING, *LIMITS)) or is_invalid_resume(error)


async def _undone_before(at: Where, undoing: Undoing) -> CompensationStarted | None:
    """The beginning of an undoing of this work, from this process or one before it."""
    journal, thread, root = undoing.journal, undoing.thread, at.checkpoints.get("", "")
    new = journal.stored.is_new(thread, root, undoing.key)
    if new and journal.holds(thread):
        return None
    await journal.flush(thread)
    found = await journal.records(thread, key=undoing.key)
    return next((r for r in reversed(found) if isinstance(r, CompensationStarted)), None)


async def _again(before: CompensationStarted, name: str, undoing: Undoing) -> Any:
    """Finish the undoing; give what a rejected member gave, else fail as it did.

    Raises:
        WorkUndone: It failed, was cancelled, or what it gave is not kept.
    """
    await undoing.finish(before)
    if before.output:
        kept = await undoing.journal.payloads(undoing.thread, [before.output])
        if before.output in kept:
            return value_of(kept[before.output])
    raise WorkUndone(
        f"{name!r} {_WAS[before.why]}{because(before.error)}. "
        f"{await undoing.told()}. It does not go on from there: go back to before it "
        f"(stretto fork {undoing.thread}), or use another thread."
    )


_WAS: Mapping[Occasion, str] = {
    "failed": "failed",
    "rejected": "was rejected",
    "cancelled": "was cancelled",
    "asked": "was to be undone",
}


def _without_ids(given: Any) -> Any:
    """What tells one brief from another: ids of messages do not, a replay makes others."""
    messages = given.get("messages") if isinstance(given, dict) else None
    if not isinstance(messages, list):
        return given
    plain = [
        m.model_copy(update={"id": None}) if isinstance(m, BaseMessage) else m for m in messages
    ]
    return {**given, "messages": plain}


def _kept(value: Any) -> Payload | None:
    """What a rejected member gave, if it comes back the same."""
    with suppress(Exception):
        payload = object_payload(value)
        if value_of(payload) == value:
            return payload
    return None
