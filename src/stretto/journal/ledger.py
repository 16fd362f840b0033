"""The ledger: what became of each effect, and so what is to be done when it comes up again.

An effect is a model call, a tool call or a function that a node hands to `effect`. It is known by
its key: where in the graph it happens, its kind, and the tool call's id or its ordinal in the node.
The ledger is no table of its own: it is the effect records of the journal, read by key.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

from langgraph.errors import GraphBubbleUp

from stretto import clock
from stretto.errors import EffectChanged, EffectUnknown, StateUnreadable
from stretto.journal.deciding import (
    Call,
    Changed,
    Question,
    Refuse,
    Return,
    Ruling,
    Start,
    asked_before,
    decide,
    final_end,
    was_undone,
)
from stretto.journal.payloads import Payload, object_payload, value_of
from stretto.journal.reading import error_text
from stretto.journal.stored import THREADS, Origin, created
from stretto.journal.values import cut, jsonable
from stretto.records import EffectEnded, EffectStarted, Forked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from stretto.journal.store import Journal
    from stretto.records import AnyRecord, EffectStatus


class EffectLedger(Protocol):
    """What surrounds effects: the ledger, or what stands in for it in a replay."""

    async def run(
        self,
        call: Call,
        do: Callable[[], Awaitable[Any]],
        ask: Callable[[Question], Awaitable[Ruling]],
    ) -> Any:
        """Give what the effect gives, by doing it or from its record."""
        ...


class Ledger:
    """Makes each effect happen once, as far as its declaration allows; over a journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._forks: dict[str, tuple[int, Forked | None]] = {}

    async def run(
        self,
        call: Call,
        do: Callable[[], Awaitable[Any]],
        ask: Callable[[Question], Awaitable[Ruling]],
    ) -> Any:
        """Do an effect, or give its record back.

        Before it starts, the checkpoints it rests on are stored. Unless it only reads, or calls a
        model, the journal then holds that it starts, which it refuses for a thread that is lost.

        Args:
            call: What is to happen.
            do: Does it.
            ask: Puts a question to a person; raises LangGraph's interrupt until it is answered.

        Raises:
            EffectUnknown: It may have happened and is declared `fail`.
            EffectChanged: It was done with another input.
            ThreadTaken: Another process has taken the thread over.
            StateUnavailable: The journal cannot be read or written.
            Exception: What it raises.
        """
        origin = await self._settled_ground(call)
        history, (twins, unsure) = await self._history(call), await self._twins(call, origin)
        decision = decide(call, history, twins, unsure=unsure)
        put = asked_before(call, history, twins)
        wanted = decision.mark if isinstance(decision, Question) else ""
        for question in put:
            if question.mark != wanted:
                await ask(question)
        if isinstance(decision, Question):
            if wanted not in [question.mark for question in put]:
                self._end(call, "asked", question=wanted)
            question, ruling = decision, await ask(decision)
            if not ruling.again:
                return await self._taken_as_done(call, question, ruling, origin)
            decision = Start(len(question.starts) + 1)
        match decision:
            case Return(output=output):
                return await self._returned(call, output)
            case Refuse():
                self._end(call, "refused")
                raise EffectUnknown(_unknown(call, decision))
            case Changed(before=before):
                raise EffectChanged(_changed(call, before))
            case Start(attempt=attempt):
                return await self._done(call, do, attempt, origin)

    async def _settled_ground(self, call: Call) -> Origin:
        """Wait until what the key is made of is stored."""
        stored = self.journal.stored
        await stored.wait(call.thread, call.checkpoints.values())
        return stored.origin(call.thread, call.root) or Origin(call.root, fork=False)

    async def _history(self, call: Call) -> list[AnyRecord]:
        new = self.journal.stored.is_new(call.thread, call.root, call.key)
        if new and self.journal.holds(call.thread):
            return []
        await self.journal.flush(call.thread)
        return await self.journal.records(call.thread, key=call.key)

    async def _twins(self, call: Call, origin: Origin) -> tuple[list[AnyRecord], bool]:
        """Starts of effects that this branch of the thread may repeat, and whether some are gone.

        In the first step of a fork: what was done from the checkpoint that it is a copy of, before
        the copy was made. Behind it: what was done with the same input on the branch that was left.
        Without those that only asked a person.
        """
        if call.repeatable:
            return [], False
        found: list[AnyRecord] = []
        starts = await self._left_behind(call)
        if origin.fork:
            forked = created(call.root)
            family = await self.journal.records(call.thread, family=origin.family, said=False)
            known = {start.seq for start in starts}
            starts += [
                start
                for start in family
                if start.seq not in known and (forked is None or start.time < forked)
            ]
        for start in starts:
            if isinstance(start, EffectStarted) and start.key != call.key:
                history = await self.journal.records(call.thread, key=start.key, said=False)
                end = final_end(history, start)
                gone = was_undone(history, start) or (end is not None and not end.done)
                if not gone and (end is None or end.status != "suspended"):
                    found.append(start)
        gone = origin.fork and not found
        pruned = await self.journal.records(call.thread, types=("pruned",)) if gone else []
        return found, bool(pruned)

    async def _left_behind(self, call: Call) -> list[AnyRecord]:
        """Starts with the same input since the checkpoint that the thread last went back to."""
        last = await self._last_fork(call.thread)
        began = None if last is None else created(last.origin)
        if last is None or began is None:
            return []
        done = await self.journal.records(call.thread, types=("effect_started",), said=False)
        return [
            start
            for start in done
            if isinstance(start, EffectStarted)
            and start.input == call.input
            and start.seq < last.seq
            and start.time >= began
        ]

    async def _last_fork(self, thread: str) -> Forked | None:
        """The last fork of a thread; looked up once while this process holds it."""
        number = self.journal.holds(thread)
        known, last = self._forks.get(thread, (0, None))
        if not number or known != number:
            found = await self.journal.records(thread, types=("forked",), said=False)
            last = next((r for r in reversed(found) if isinstance(r, Forked)), None)
            if len(self._forks) > THREADS:
                self._forks.clear()
            self._forks[thread] = number, last
        return last

    async def _done(
        self, call: Call, do: Callable[[], Awaitable[Any]], attempt: int, origin: Origin
    ) -> Any:
        self._start(call, attempt, origin)
        if call.changes:
            await self.journal.flush(call.thread)
        began = time.monotonic()
        try:
            value = await do()
        except GraphBubbleUp:
            self._end(call, "suspended", began=began)
            raise
        except Exception as error:
            self._end(call, "failed", error=error_text(error), began=began)
            raise
        except BaseException:
            self._end(call, "unknown", began=began)
            raise
        failed = call.kind == "tool" and getattr(value, "status", "") == "error"
        return await self._settled(call, value, began, done=not failed)

    async def _settled(
        self, call: Call, value: Any, began: float | None = None, *, done: bool = True
    ) -> Any:
        """Record what it gave; gives the same value as its record will."""
        try:
            given = object_payload(value)
        except (TypeError, ValueError) as error:
            self._end(call, "settled", began=began)
            raise EffectUnknown(
                f"{call.name!r} was done, but what it gave cannot be stored ({error}), so a resume "
                "could not give it back. Return text, numbers, lists, dictionaries, messages or "
                "pydantic values."
            ) from error
        self._end(call, "settled", output=given, began=began, done=done)
        if not call.repeatable:
            await self.journal.flush(call.thread)
        changes = call.kind == "call" and isinstance(value, tuple | list | dict)
        return value_of(given) if changes else value

    async def _taken_as_done(
        self, call: Call, question: Question, ruling: Ruling, origin: Origin
    ) -> Any:
        if question.why == "fork":
            self._start(call, 1, origin)
        return await self._settled(call, ruling.value, done=ruling.done)

    async def _returned(self, call: Call, output: str) -> Any:
        found = await self.journal.payloads(call.thread, [output]) if output else {}
        if output not in found:
            raise StateUnreadable(
                f"{call.name!r} was done, but what it gave is not kept any more (it was forgotten, "
                "or could not be stored). Start a new thread, or fork this one behind that step."
            )
        self._end(call, "returned", digest=output)
        return value_of(found[output])

    def _start(self, call: Call, attempt: int, origin: Origin) -> None:
        self.journal.append(
            EffectStarted(
                **_fields(call),
                key=call.key,
                kind=call.kind,
                name=cut(call.name),
                effect=call.effect,
                attempt=attempt,
                input=call.input,
                args=jsonable(dict(call.args)),
                family=origin.family,
                undo=call.undo,
                given=call.given,
            ),
            call.payloads,
        )

    def _end(
        self,
        call: Call,
        status: EffectStatus,
        *,
        output: Payload | None = None,
        digest: str = "",
        error: str = "",
        question: str = "",
        began: float | None = None,
        done: bool = True,
    ) -> None:
        self.journal.append(
            EffectEnded(
                **_fields(call),
                key=call.key,
                kind=call.kind,
                name=cut(call.name),
                status=status,
                output=output.digest if output else digest,
                error=cut(error),
                question=question,
                done=done,
                seconds=0.0 if began is None else time.monotonic() - began,
            ),
            () if output is None else (output,),
        )


def _fields(call: Call) -> dict[str, Any]:
    return {**call.fields, "time": clock.now()}


def _unknown(call: Call, refused: Refuse) -> str:
    """Why an effect is refused, and what can be done."""
    if refused.since is None:
        what = "may have been done before this fork: the records that would tell are pruned"
    else:
        began = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(refused.since.time))
        known = "before this fork" if refused.done else "and never came back"
        what = f"was begun at {began} {known}"
    return (
        f"{call.name!r} {what}. It is declared effect='fail', so it is not done again. Find out "
        "what happened, then declare it effect='ask' and resume: you are asked, and can say what "
        "it gave or let it be done."
    )


def _changed(call: Call, before: EffectStarted) -> str:
    return (
        f"{call.name!r} was done with {before.args!r} and is now to be done with "
        f"{dict(call.args)!r} at the same place. A node must ask for the same effects, in the "
        "same order, each time it runs. Give each call of `effect` a `key=` of its own, or "
        "fork the thread before this step."
    )
