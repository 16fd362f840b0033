"""Undoes the steps that a place owes, the last one first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto import clock
from stretto.journal.owed import OWED_TYPES, Step, owed, steps, within
from stretto.journal.queries import last_turn
from stretto.journal.values import cut
from stretto.members.undoing import RULE, SECONDS, Sleep, StepUndoing, Undone, outcome_text
from stretto.records import Compensated, CompensationStarted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.journal.ledger import Ledger
    from stretto.journal.payloads import Payload
    from stretto.policy import Retry
    from stretto.records import AnyRecord, Occasion


class Undoing:
    """Undoes the steps of a place in a thread that this process holds; otherwise `StepUndoing`.

    `scope` is the place; empty for the thread's last turn. `name` is the member's: members that
    take over from one another work at one place, and each has an undoing of its own.
    """

    def __init__(
        self,
        ledger: Ledger,
        thread: str,
        *,
        scope: str = "",
        name: str = "",
        fields: Mapping[str, Any],
        retry: Retry = RULE,
        sleep: Sleep | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.journal, self.thread, self.scope, self.fields = ledger.journal, thread, scope, fields
        self.key = f"{scope}|undoing|{name}"
        self._each = StepUndoing(
            ledger, thread, scope=scope, fields=fields, retry=retry, sleep=sleep, seconds=seconds
        )

    async def owed(self) -> list[Step]:
        """The steps that are to be undone, the last one first."""
        return owed(await self._records(), self.scope)

    async def undo(
        self, why: Occasion, *, error: str = "", output: Payload | None = None, by: str = ""
    ) -> list[Undone]:
        """Undo all that is owed; nothing is written when nothing is.

        Args:
            why: What it is undone for.
            error: What made the work fail.
            output: What a rejected member gave.
            by: Who wants it.

        Raises:
            ThreadTaken, StateUnavailable, StateUnreadable: It could not be written down; a resume
                undoes the rest.
        """
        left = await self.owed()
        if not left:
            return []
        told: dict[str, Any] = {**self.fields, "time": clock.now()}
        began = CompensationStarted(
            **told,
            scope=self.scope,
            why=why,
            key=self.key,
            output=output.digest if output is not None else "",
            error=cut(error),
            by=by,
        )
        self.journal.append(began, () if output is None else (output,))
        return await self._all(left, why)

    async def finish(self, began: CompensationStarted) -> list[Undone]:
        """Undo what is left of an undoing that had begun, and nothing that was done after it."""
        left = [step for step in await self.owed() if step.start.seq < began.seq]
        return await self._all(left, began.why)

    async def told(self) -> str:
        """What was undone in the place and what was not, in a line."""
        records = await self._records()
        known = {s.id: s for s in steps(records) if within(s.start.place, self.scope)}
        found: dict[str, Undone] = {}
        for record in records:
            if isinstance(record, Compensated) and record.id in known:
                status: Any = "undone" if record.status == "done" else "dead letter"
                found[record.id] = Undone(known[record.id], status)
        return outcome_text(list(found.values()))

    async def _all(self, left: list[Step], why: Occasion) -> list[Undone]:
        done = [await self._each.one(step, why) for step in left]
        await self.journal.flush(self.thread)
        return done

    async def _records(self) -> list[AnyRecord]:
        await self.journal.flush(self.thread)
        found = await self.journal.records(self.thread, types=OWED_TYPES, said=False)
        return last_turn(found)
