"""Undoes a whole turn of a thread: when it fails, or when somebody wants it so."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from langgraph.errors import is_invalid_resume

from stretto.errors import Rejected, ThreadUnknown, WorkUndone
from stretto.journal.ledger import Ledger
from stretto.journal.queries import last_turn
from stretto.journal.reading import error_text
from stretto.records import CompensationStarted, Forked
from stretto.runs.storage import open_storage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from uuid import UUID

    from stretto.members.scope import Undoing
    from stretto.members.undoing import Undone
    from stretto.records import Occasion
    from stretto.runs.storage import Storage

_TYPES = ("run_started", "compensation_started", "forked")


async def compensate(thread: str, *, by: str = "", storage: Storage | None = None) -> list[Undone]:
    """Undo what was done in the last turn of a thread: the last step first.

    Only steps that declare an undo (`stretto.tool(undo=)`, `effect(undo=)`, `Policy(undo=)`), came
    to an end and are not undone yet. Each undo is an effect: it happens once, is tried three times,
    and then becomes a dead letter. A turn that has not ended cannot be resumed from there.

    Args:
        thread: Which one.
        by: Who wants it, for the journal.
        storage: Open state; by default the project's is opened for it.

    Returns:
        What became of each step, in the order in which they were undone; empty when nothing was
        to be undone.

    Raises:
        ThreadUnknown: The thread has no run.
        ThreadBusy: A turn is being written on the thread.
        ThreadTaken, StateUnavailable, StateUnreadable: It could not be written down; what is left
            is undone when it is called again.
    """
    if storage is None:
        async with open_storage() as opened:
            return await compensate(thread, by=by, storage=opened)
    async with storage.writing(thread):
        undoing = await turn_undoing(storage, thread)
        return await undoing.undo("asked", by=by)


async def turn_undoing(storage: Storage, thread: str) -> Undoing:
    """The undoing of the last turn of a thread.

    Raises:
        ThreadUnknown: The thread has no run.
    """
    started = await storage.journal.last_run(thread)
    if started is None:
        raise ThreadUnknown(f"thread {thread!r} has no run. See `stretto threads`.")
    from stretto.members.scope import Undoing

    return Undoing(Ledger(storage.journal), thread, fields={"thread": thread, "run": started.run})


async def refuse_undone(storage: Storage, thread: str) -> None:
    """Finish the undoing of a turn that had begun, and refuse to go on with the turn.

    Raises:
        WorkUndone: The turn has been undone since it last went back to a checkpoint.
    """
    records = last_turn(await storage.journal.records(thread, types=_TYPES))
    began: CompensationStarted | None = None
    for record in records:
        if isinstance(record, Forked):
            began = None
        elif isinstance(record, CompensationStarted) and not record.scope:
            began = record
    if began is None:
        return
    from stretto.members.compensation import because

    undoing = await turn_undoing(storage, thread)
    await undoing.finish(began)
    raise WorkUndone(
        f"the last turn on thread {thread!r} was undone{because(began.error)}. "
        f"{await undoing.told()}. It does not go on from there: go back to before it "
        f"(stretto fork {thread}), or use another thread."
    )


async def _unjudged(_: Any) -> None:
    """Take an answer, whatever it is."""


@asynccontextmanager
async def compensated(
    storage: Storage, thread: str, run: UUID, *, wanted: bool
) -> AsyncGenerator[Callable[[Any], Awaitable[None]]]:
    """Undo the turn in the body when it fails, is cancelled, or its answer was rejected.

    Not when a limit or a budget is used up: what was done is stored, and a resume goes on from it.
    Gives what takes the turn's answer.

    Args:
        storage: Where the thread is held.
        thread: Which one.
        run: The run at work; before it has begun there is nothing to undo.
        wanted: Whether anything is to be undone at all.
    """
    if not wanted:
        yield _unjudged
        return
    from stretto.members.compensation import LIMITS, PASSING, in_peace, noted, rejected

    async def undo(why: Occasion, error: str) -> list[Undone]:
        started = await storage.journal.last_run(thread)
        if started is None or started.run != str(run):
            return []
        return await (await turn_undoing(storage, thread)).undo(why, error=error)

    async def judge(answer: Any) -> None:
        if (found := rejected(answer)) is not None:
            await undo("rejected", found.reason)

    try:
        yield judge
    except (*PASSING, *LIMITS):
        raise
    except Exception as error:
        if is_invalid_resume(error):  # nothing was saved, it can be answered again
            raise
        why: Occasion = "rejected" if isinstance(error, Rejected) else "failed"
        noted(error, await undo(why, error_text(error)))
        raise
    except (asyncio.CancelledError, GeneratorExit):
        await in_peace(undo("cancelled", "it was cancelled"))
        raise
