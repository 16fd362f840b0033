"""Sees to dead letters: tries again, or closes what a person has done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from stretto import clock
from stretto.errors import InvalidInput
from stretto.journal.ledger import Ledger
from stretto.journal.owed import OWED_TYPES, steps
from stretto.members.undoing import StepUndoing, Undone
from stretto.records import Compensated, LetterClosed

if TYPE_CHECKING:
    from stretto.journal import Journal
    from stretto.journal.letters import Letter
    from stretto.runs.storage import Storage


async def retry_letter(letter: Letter, *, by: str = "", storage: Storage, **result: Any) -> Undone:
    """Try again to undo the step of a dead letter, and close the letter when that succeeds.

    Args:
        letter: An open one of the kind `undo`.
        by: Who says so: who knows that it may be undone.
        storage: Open state.
        **result: `result`, what the step gave, where that is not known.

    Raises:
        InvalidInput: It is closed, of another kind, or nothing is known of the step any more.
        ThreadBusy: A turn is being written on the thread.
        ThreadTaken, StateUnavailable, StateUnreadable: It could not be written down.
    """
    _refuse_closed(letter)
    if letter.kind != "undo":
        raise InvalidInput(
            f"the letter {letter.id!r} is of the kind {letter.kind!r}, which cannot be retried "
            f"here. Ask {letter.name!r} anew or do its work by hand (stretto dead-letters show "
            f"{letter.id} tells what it was given), then drop it."
        )
    journal = storage.journal
    async with storage.writing(letter.thread):
        records = await journal.records(letter.thread, types=OWED_TYPES, said=False)
        step = next((step for step in steps(records) if step.id == letter.id), None)
        if step is None:
            raise InvalidInput(
                f"the records of the step of letter {letter.id!r} are pruned, so it cannot be "
                "undone from here. Undo it by hand, then drop the letter."
            )
        if step.end is None and not result:
            raise InvalidInput(
                f"{letter.name!r} never came back, so what it gave is not known, nor whether it "
                "was done. If it was, say what it gave (--result JSON); if not, drop the letter."
            )
        fields = {"thread": letter.thread, "run": letter.run}
        done = any(
            isinstance(r, Compensated) and r.id == letter.id and r.status == "done" for r in records
        )
        undoing = StepUndoing(Ledger(journal), letter.thread, fields=fields)
        made = Undone(step, "undone") if done else await undoing.again(step, **result)
        if made.status == "undone":
            await _close(journal, letter, "retried", by)
        return made


async def drop_letter(letter: Letter, *, by: str = "", reason: str, storage: Storage) -> None:
    """Close a dead letter that a person has seen to.

    Args:
        letter: An open one.
        by: Who did.
        reason: How.
        storage: Open state.

    Raises:
        InvalidInput: It is closed, or no reason is given.
        ThreadBusy: A turn is being written on the thread.
        ThreadTaken, StateUnavailable: It could not be written down.
    """
    _refuse_closed(letter)
    if not reason.strip():
        raise InvalidInput("no reason is given. Say how it was seen to: --reason TEXT")
    async with storage.writing(letter.thread):
        await _close(storage.journal, letter, "dropped", by, reason)


def _refuse_closed(letter: Letter) -> None:
    if not letter.is_open:
        raise InvalidInput(
            f"the letter {letter.id!r} was {letter.how} already. See the open ones: "
            "stretto dead-letters"
        )


async def _close(
    journal: Journal, letter: Letter, how: Literal["retried", "dropped"], by: str, reason: str = ""
) -> None:
    journal.append(
        LetterClosed(
            time=clock.now(),
            thread=letter.thread,
            run=letter.run,
            place=letter.place,
            node=letter.node,
            letter=letter.id,
            how=how,
            by=by,
            reason=reason,
        )
    )
    await journal.flush(letter.thread)
