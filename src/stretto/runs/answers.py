"""Answers to what a run asked: made into LangGraph's input, and kept for when a process dies.

LangGraph forgets an answer when the process dies before the answered node ends. The journal has it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.types import INTERRUPT, RESUME
from langgraph.types import Command

from stretto.errors import InvalidAnswer
from stretto.journal import last_turn
from stretto.journal.payloads import value_of
from stretto.records import Answered, Interrupted, RunEnded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.checkpoint.base import PendingWrite
    from langgraph.types import Interrupt

    from stretto.journal import Journal
    from stretto.records import AnyRecord

_TYPES = ("run_started", "run_ended", "interrupted", "answered")
_UNFIT = "ValidationError"
"""How the error of a run begins whose answer did not fit what was asked."""
_RETURN = "__return__"
"""The channel in which LangGraph stores what a `@task` gave."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Answers that were given and then lost with a process, by interrupt id."""

    answers: Mapping[str, Any]
    by: Mapping[str, str]
    """Who gave each."""

    def gave(self, resume: Command[Any] | None) -> dict[str, str]:
        """Who gave those that a run is resumed with."""
        given: Any = {} if resume is None else resume.resume
        return {i: who for i, who in self.by.items() if given.get(i) is self.answers[i]}


async def kept_answers(journal: Journal, saver: object, thread: str) -> Kept:
    """The answers of the last turn that LangGraph does not have, of tasks that are not done.

    Args:
        journal: Where the answers are.
        saver: The graph's checkpointer, which tells what LangGraph has.
        thread: Whose they are.
    """
    given = _given(last_turn(await journal.records(thread, types=_TYPES)))
    lost: dict[str, Answered] = {}
    if given and isinstance(saver, BaseCheckpointSaver):
        stored = _StoredWrites(saver, thread)
        lost = {id_: one.answer for id_, one in given.items() if await stored.lacks(one)}
    whole = await journal.payloads(thread, [a.output for a in lost.values() if a.output])
    answers = {
        id_: value_of(whole[a.output]) if a.output in whole else a.answer for id_, a in lost.items()
    }
    return Kept(answers, {id_: a.by for id_, a in lost.items()})


@dataclass(frozen=True, slots=True)
class _Given:
    answer: Answered
    place: str
    index: int
    """The how-many-th question of its task, from 0."""


def _given(records: Sequence[AnyRecord]) -> dict[str, _Given]:
    """The answers that count: not put again since, and of a shape that fits."""
    given: dict[str, _Given] = {}
    asked: dict[str, Interrupted] = {}
    for record in records:
        match record:
            case Interrupted():
                asked.setdefault(record.interrupt, record)
                given.pop(record.interrupt, None)
            case Answered() if record.interrupt in asked and not record.forgotten:
                place = asked[record.interrupt].place
                mates = [i for i, question in asked.items() if question.place == place]
                given[record.interrupt] = _Given(record, place, mates.index(record.interrupt))
            case RunEnded(status="failed") if record.error.startswith(_UNFIT):
                given = {i: one for i, one in given.items() if one.answer.run != record.run}
            case _:
                pass
    return given


class _StoredWrites:
    """What LangGraph has stored of the tasks of a superstep that is not done."""

    def __init__(self, saver: BaseCheckpointSaver[Any], thread: str) -> None:
        self._saver, self._thread = saver, thread
        self._known: dict[str, Sequence[PendingWrite]] = {}

    async def lacks(self, given: _Given) -> bool:
        """Whether the task is still to run, and LangGraph has not stored this answer of it."""
        above, _, own = given.place.rpartition("|")
        task = own.rpartition(":")[2]
        while True:
            writes = [w for w in await self._writes(above) if w[0] == task]
            if writes or not above:
                break
            above = above.rpartition("|")[0]
        if not any(channel == INTERRUPT for _, channel, _ in writes):
            return False
        if any(channel == _RETURN for _, channel, _ in writes):
            return False
        stored: Any = next((value for _, channel, value in writes if channel == RESUME), [])
        return given.index >= (len(stored) if isinstance(stored, list) else 1)

    async def _writes(self, namespace: str) -> Sequence[PendingWrite]:
        if namespace not in self._known:
            at: Any = {"configurable": {"thread_id": self._thread, "checkpoint_ns": namespace}}
            found = await self._saver.aget_tuple(at)
            self._known[namespace] = (found and found.pending_writes) or []
        return self._known[namespace]


def moved(
    answers: Mapping[str, Any], before: Sequence[Interrupt], now: Sequence[Interrupt]
) -> dict[str, Any]:
    """The answers under the ids of the same questions, asked anew after a fork.

    Raises:
        InvalidAnswer: A question is not asked any more.
    """
    made: dict[str, Any] = {}
    left = [i for i in now if i.id not in answers]
    for id_, answer in answers.items():
        asked = next((i for i in before if i.id == id_), None)
        same = next((i for i in left if asked and _text(i.value) == _text(asked.value)), None)
        if same is not None:
            left.remove(same)
        elif id_ not in [i.id for i in now]:
            raise InvalidAnswer(
                f"what {id_!r} asked is not asked again from that checkpoint. Resume without an "
                "answer to see what is."
            )
        made[same.id if same else id_] = answer
    return made


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def resumption(
    answer: Any,
    answers: Mapping[str, Any],
    waiting: Sequence[Interrupt],
    kept: Mapping[str, Any] | None = None,
) -> Command[Any] | None:
    """Make LangGraph's input of a resume; `None` goes on without an answer.

    Args:
        answer: To the only question that waits and has none kept.
        answers: By interrupt id.
        waiting: What waits.
        kept: Answers of before that are given once more, by interrupt id.

    Raises:
        InvalidAnswer: One answer for several interrupts or none, or an id that does not wait.
    """
    ids = list(dict.fromkeys(i.id for i in waiting))
    told = ", ".join(ids) or "nothing"
    if unknown := [i for i in answers if i not in ids]:
        raise InvalidAnswer(f"interrupt {unknown[0]!r} does not wait for an answer; {told} does.")
    given = {**(kept or {}), **answers}
    if answer is not None and not answers:
        open_ = [i for i in ids if i not in given] or ids
        if len(open_) != 1:
            raise InvalidAnswer(
                f"one answer, and {len(ids)} interrupts wait ({told}). Answer by id: "
                "`answers={id: answer}`."
            )
        given[open_[0]] = answer
    return Command(resume=given) if given else None
