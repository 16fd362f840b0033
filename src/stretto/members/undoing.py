"""Undoes a step as an effect of its own: once, tried several times, else a dead letter."""

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
from stretto.journal.payloads import json_payload
from stretto.journal.reading import error_text
from stretto.journal.values import cut, jsonable
from stretto.members.undo import Given, call_undo, read_given, undo_effect, undo_function
from stretto.members.where import keyed
from stretto.policy import Retry
from stretto.policy.resilience import TROUBLES
from stretto.records import (
    Compensated,
    DeadLettered,
    EffectEnded,
    EffectStarted,
)
from stretto.resilience.retry import next_wait

if TYPE_CHECKING:
    from stretto.journal.deciding import Question
    from stretto.journal.ledger import Ledger
    from stretto.journal.owed import Step
    from stretto.records import Occasion

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


class StepUndoing:
    """Undoes single steps of a thread that this process holds.

    Args:
        ledger: Through which each undo happens once.
        thread: Which one.
        scope: The place whose work is undone; empty for a whole turn.
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
        self._retry, self._sleep, self._seconds = retry, sleep or SLEEP, seconds

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
