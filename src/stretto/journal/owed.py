"""What was done and is not undone: pure reads of a thread's records.

A *step* is one doing of an effect that declares an undo. An effect that was undone and is done
again is another step.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from stretto.records import Compensated, DeadLettered, EffectEnded, EffectStarted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.records import AnyRecord

OWED_TYPES = ("run_started", "effect_started", "effect_ended", "compensated", "dead_lettered")
"""The records that tell what is owed, and in which turn."""
_NO_END = {"returned", "refused", "asked"}
"""Ends of an effect that say nothing of what became of it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done, or may have been, and that something undoes."""

    id: str
    """Of this doing: 12 hexadecimal characters, the same in any process."""
    start: EffectStarted
    end: EffectEnded | None
    """`None` when it never came back: then it may have been done or not."""

    @property
    def seq(self) -> int:
        """Its place in the order in which steps were done."""
        return (self.end or self.start).seq


@dataclass(slots=True)
class _Doing:
    """An effect that has begun and of which it is not known yet what it came to."""

    start: EffectStarted
    runs: bool = True
    lost: bool = False
    """Whether a try at it never came back."""


def steps(records: Iterable[AnyRecord]) -> list[Step]:
    """All steps of a thread that were done or may have been, in the order in which they were."""
    found = _Steps()
    for record in records:
        if isinstance(record, EffectStarted) and record.undo:
            found.began(record)
        elif isinstance(record, EffectEnded) and record.status not in _NO_END:
            found.ended(record)
        elif isinstance(record, DeadLettered):
            found.given_up(record)
    return found.all()


def owed(records: Sequence[AnyRecord], scope: str = "") -> list[Step]:
    """The steps that are to be undone, in that order: what was done last is undone first.

    Those that were undone are not among them, nor those of which a dead letter tells, open or
    closed: these are a person's.

    Args:
        records: Of one thread, oldest first.
        scope: The place within which they were done; all by default.
    """
    seen: set[str] = set()
    for record in records:
        if isinstance(record, Compensated) and record.status == "done":
            seen.add(record.id)
        elif isinstance(record, DeadLettered) and record.kind == "undo":
            seen.add(record.letter)
    left = [s for s in steps(records) if s.id not in seen and within(s.start.place, scope)]
    return left[::-1]


def within(place: str, scope: str) -> bool:
    """Whether a place is the scope or lies in it."""
    return not scope or place == scope or place.startswith(f"{scope}|")


@dataclass(slots=True)
class _Steps:
    """Steps as they come up in the records."""

    done: list[Step] = field(default_factory=list[Step])
    _open: dict[str, _Doing] = field(default_factory=dict[str, _Doing])
    _times: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    def began(self, start: EffectStarted) -> None:
        """Note a start: of a step, or of another try at one that never came back."""
        doing = self._open.get(start.key)
        lost = doing is not None and (doing.runs or doing.lost)
        if doing is not None and lost and doing.start.input != start.input:
            self._add(doing.start, None)
            lost = False
        self._open[start.key] = _Doing(start, lost=lost)

    def ended(self, end: EffectEnded) -> None:
        """Note what became of it; what was begun before it was tracked is not ours."""
        doing = self._open.get(end.key)
        if doing is None:
            return
        doing.runs = False
        if end.status == "settled":
            del self._open[end.key]
            if end.done:
                self._add(doing.start, end)
        elif end.status == "unknown":
            doing.lost = True

    def given_up(self, letter: DeadLettered) -> None:
        """Note that a person sees to it: what begins there from now on is another step."""
        doing = self._open.pop(letter.key, None)
        if doing is not None and (doing.runs or doing.lost):
            self._add(doing.start, None)

    def all(self) -> list[Step]:
        """All, with those that have not come back."""
        for doing in self._open.values():
            if doing.runs or doing.lost:
                self._add(doing.start, None)
        self._open.clear()
        return sorted(self.done, key=lambda step: step.seq)

    def _add(self, start: EffectStarted, end: EffectEnded | None) -> None:
        which = start.key, start.input
        told = f"{start.thread}\n{start.key}\n{start.input}\n{self._times[which]}"
        self._times[which] += 1
        self.done.append(Step(sha256(told.encode()).hexdigest()[:12], start, end))
