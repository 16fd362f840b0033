"""Undoes the steps that a place owes, each as an effect of its own, in reverse order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from stretto import clock
from stretto.errors import (
    EffectChanged,
    EffectUnknown,
    StateUnavailable,
    StateUnreadable,
    StrettoError,
    ThreadTaken,
    TimedOut,
)
from stretto.journal.deciding import Call, Ruling
from stretto.journal.owed import OWED_TYPES, Step, owed, steps, within
from stretto.journal.payloads import json_payload
from stretto.journal.queries import last_turn
from stretto.journal.reading import error_text
from stretto.journal.values import cut, jsonable
from stretto.members.undo import Given, call_undo, read_given, undo_effect, undo_function
from stretto.members.where import keyed
from stretto.policy import Retry
from stretto.policy.resilience import TROUBLES
from stretto.records import (
    Compensated,
    CompensationStarted,
    DeadLettered,
    EffectEnded,
    EffectStarted,
)
from stretto.resilience.retry import next_wait

if TYPE_CHECKING:
    from stretto.journal.deciding import Question
    from stretto.journal.ledger import Ledger
    from stretto.journal.payloads import Payload
    from stretto.records import AnyRecord, Occasion

Sleep = Callable[[float], Awaitable[None]]
SLEEP: Sleep = asyncio.sleep
"""Waits between two tries, where nothing else is given."""
RULE = Retry(on=TROUBLES)
"""How often an undo is tried: three times, whatever it raises."""
SECONDS = 60.0
"""How long one try may take."""
_UNKNOWN = (
    "it was begun and never came back, so nobody knows whether it was done. Find out, and undo it "
    "by hand if it was."
)
_WHOLE = {"text": 50_000, "total": 200_000}


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a step that was to be undone."""

    step: Step
    status: Literal["undone", "dead letter"]
    error: str = ""
    """Why it could not be undone."""


def outcome_text(undone: list[Undone]) -> str:
    """What was undone and what was not, in a line."""
    done = [each.step.start.name for each in undone if each.status == "undone"]
    dead = [
        f"{each.step.start.name} (stretto dead-letters show {each.step.id})"
        for each in undone
        if each.status == "dead letter"
    ]
    parts = [f"undone: {', '.join(done)}"] if done else []
    parts += [f"could not be undone: {', '.join(dead)}"] if dead else []
    return "; ".join(parts) or "nothing was to be undone"


class Undoing:
    """Undoes the steps of a place in a thread that this process holds.

    Args:
        ledger: Through which each undo happens once.
        thread: Which one.
        scope: The place; empty for the thread's last turn.
        fields: What the records tell of run and place, where the step does not say it.
        retry: How often, and after which waits, an undo that raises is tried.
        sleep: Waits.
        seconds: How long one try may take.
    """

    def __init__(
        self,
        ledger: Ledger,
        thread: str,
        *,
        scope: str = "",
        fields: Mapping[str, Any],
        retry: Retry = RULE,
        sleep: Sleep | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.ledger, self.journal, self.thread = ledger, ledger.journal, thread
        self.scope, self.fields = scope, fields
        self.key = f"{scope}|undo"
        self._retry, self._sleep, self._seconds = retry, sleep or SLEEP, seconds

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

    async def finish(self, why: Occasion) -> list[Undone]:
        """Undo what is left of an undoing that had begun."""
        return await self._all(await self.owed(), why)

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

    async def one(self, step: Step, why: Occasion) -> Undone:
        """Undo one step, or make a dead letter of it."""
        if step.end is None:
            return await self._dead(step, why, _UNKNOWN)
        return await self._one(step, why)

    async def again(self, step: Step, **result: Any) -> Undone:
        """Undo one step because a person says so, who knows that it may be undone (again).

        Args:
            step: Which one.
            **result: `result`, what it gave, where that is not known.
        """
        return await self._one(step, "asked", by_person=True, **result)

    async def _one(
        self, step: Step, why: Occasion, *, by_person: bool = False, **result: Any
    ) -> Undone:
        try:
            undo, given = undo_function(step.start.undo), await read_given(self.journal, step)
        except (ThreadTaken, StateUnavailable):
            raise
        except StrettoError as error:
            return await self._dead(step, why, str(error))
        if "result" in result:
            given = replace(given, result=result["result"])
        return await self._tried(step, why, undo, given, by_person=by_person)

    async def _all(self, left: list[Step], why: Occasion) -> list[Undone]:
        done = [await self.one(step, why) for step in left]
        await self.journal.flush(self.thread)
        return done

    async def _records(self) -> list[AnyRecord]:
        await self.journal.flush(self.thread)
        found = await self.journal.records(self.thread, types=OWED_TYPES, said=False)
        return last_turn(found)

    async def _tried(
        self,
        step: Step,
        why: Occasion,
        undo: Callable[..., Any],
        given: Given,
        *,
        by_person: bool,
    ) -> Undone:
        call = self._call(step, undo, given)

        async def do() -> None:
            with keyed(call):
                try:
                    await call_undo(undo, given, self._seconds)
                except TimeoutError as error:
                    raise TimedOut(f"it did not end in {self._seconds:g} s. Mend it.") from error

        async def ask(question: Question) -> Ruling:
            if by_person:
                return Ruling(again=True)
            why = f" ({question.error})" if question.error else ""
            raise EffectUnknown(
                f"the undo was begun and never came back{why}; it is declared "
                f"effect={call.effect!r}, so it is not begun again. Find out whether it happened."
            )

        began, failed = time.monotonic(), 0 if by_person else await self._failed(call)
        while True:
            try:
                await self.ledger.run(call, do, ask)
            except (ThreadTaken, StateUnavailable, StateUnreadable):
                raise
            except Exception as error:  # noqa: BLE001 - what an undo raises ends in a dead letter
                failed += 1
                wait = self._wait(call, failed, time.monotonic() - began, error)
                if wait is None:
                    return await self._dead(step, why, error_text(error), given)
                await self._sleep(wait)
            else:
                return await self._done(step, why)

    def _wait(self, call: Call, failed: int, elapsed: float, error: Exception) -> float | None:
        """Seconds until it is tried again; `None` when it is not."""
        if isinstance(error, EffectUnknown | EffectChanged):
            return None
        if isinstance(error, TimedOut) and not call.repeatable:
            return None
        return next_wait(self._retry, failed, elapsed, "error", draw=random.random())  # noqa: S311

    def _call(self, step: Step, undo: Callable[..., Any], given: Given) -> Call:
        start = step.start
        payload = json_payload({"name": start.undo, "undoes": step.id})
        return Call(
            kind="undo",
            name=f"undo {start.name}",
            id=step.id,
            effect=undo_effect(undo),
            thread=self.thread,
            place=start.place,
            input=payload.digest,
            payloads=(payload,),
            args=_readable(given),
            fields=self._fields(step),
        )

    def _fields(self, step: Step) -> dict[str, Any]:
        """What a record of a step's undoing tells of run and place."""
        names = ("place", "node", "agent", "version", "task")
        own = {name: getattr(step.start, name) for name in names}
        return {**self.fields, **own, "time": clock.now()}

    async def _failed(self, call: Call) -> int:
        """How often it has been tried and failed before."""
        await self.journal.flush(self.thread)
        found = await self.journal.records(self.thread, key=call.key, said=False)
        return sum(isinstance(r, EffectEnded) and r.status == "failed" for r in found)

    async def _attempts(self, step: Step) -> int:
        await self.journal.flush(self.thread)
        found = await self.journal.records(self.thread, key=undo_key(step), said=False)
        return sum(isinstance(r, EffectStarted) for r in found)

    async def _done(self, step: Step, why: Occasion) -> Undone:
        self._compensated(step, why, "done", await self._attempts(step))
        return Undone(step, "undone")

    async def _dead(
        self, step: Step, why: Occasion, error: str, given: Given | None = None
    ) -> Undone:
        start, tries = step.start, await self._attempts(step)
        self.journal.append(
            DeadLettered(
                **self._fields(step),
                letter=step.id,
                kind="undo",
                name=cut(start.name),
                attempts=tries,
                error=cut(error),
                args={} if given is None else _readable(given),
                key=start.key,
                undo=start.undo,
            )
        )
        self._compensated(step, why, "failed", tries, error)
        return Undone(step, "dead letter", error)

    def _compensated(
        self,
        step: Step,
        why: Occasion,
        status: Literal["done", "failed"],
        tries: int,
        error: str = "",
    ) -> None:
        self.journal.append(
            Compensated(
                **self._fields(step),
                step=cut(step.start.name),
                status=status,
                error=cut(error),
                key=step.start.key,
                undo=step.start.undo,
                attempts=tries,
                scope=self.scope,
                why=why,
                id=step.id,
            )
        )


def undo_key(step: Step) -> str:
    """The key of the effect that undoes a step."""
    return f"{step.start.place}|undo|{step.id}"


def _readable(given: Given) -> dict[str, Any]:
    """What an undo is called with, as a person reads it."""
    told: dict[str, Any] = {"result": given.result, "args": given.args, "kwargs": given.kwargs}
    kept: dict[str, Any] = jsonable({k: v for k, v in told.items() if v or k == "result"}, **_WHOLE)
    return kept
