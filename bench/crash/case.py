"""One case: a shape, killed at one write, gone on with until it is done, and judged."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from bench.crash.child import Child, Orders, Told, When, spawn
from bench.crash.person import answers, effects_asked
from bench.crash.world import EFFECTS, World

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from bench.crash.world import Thing

MOST = 40
"""Processes of a case; more of them means that it does not come to an end."""
_TEXT = re.compile(r"(\w+)/(\d)/(before|after|pause)/(\d+)(?:\+(\d+))?/(sqlite|postgres)")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is killed, and where."""

    shape: str
    asks: int
    """Questions to a person that wait at once."""
    when: When
    n: int
    """The write at which it is killed, over all processes; 0 for an undisturbed run."""
    then: int = 0
    """The write after that at which it is killed again; 0 for never."""
    store: str

    def __str__(self) -> str:
        second = f"+{self.then}" if self.then else ""
        return f"{self.shape}/{self.asks}/{self.when}/{self.n}{second}/{self.store}"

    @classmethod
    def parse(cls, text: str) -> Case:
        """Read what `str` writes.

        Raises:
            ValueError: It is no case.
        """
        if (found := _TEXT.fullmatch(text)) is None:
            raise ValueError(f"{text!r} is no case; one is 'chain/1/before/17/sqlite'")
        shape, asks, when, n, then, store = found.groups()
        moment = cast("When", when)
        return cls(
            shape=shape, asks=int(asks), when=moment, n=int(n), then=int(then or 0), store=store
        )

    @cached_property
    def undisturbed(self) -> Case:
        """The same with nobody killed."""
        return replace(self, n=0, then=0, when="before")


@dataclass(frozen=True)
class Ran:
    """What came of a case."""

    told: Told
    world: Counter[Thing]
    kills: int
    writes: int
    """Of all processes that told; an undisturbed run's are all."""
    asked_again: list[str] = field(default_factory=list[str])
    """Questions that a person was asked though the answer had been stored."""


@dataclass
class Verdict:
    """A case, judged."""

    case: Case
    kills: int = 0
    different: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    lost: list[str] = field(default_factory=list[str])
    chain: str = ""

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.different or self.doubled or self.lost or self.chain)

    def told(self) -> Verdict:
        """Itself, after telling what went wrong, if anything, so that it can be repeated."""
        wrong = {"different": self.different, "doubled": self.doubled, "lost": self.lost}
        said = [f"{what}: {'; '.join(those)}" for what, those in wrong.items() if those]
        said += [f"chain: {self.chain}"] if self.chain else []
        if said:
            print("\n  ".join([f"--case {self.case}", *said]), flush=True)
        return self


def play(case: Case, root: Path, url: str) -> Ran:
    """Run a case to its end, in as many processes as it takes."""
    folder = root / uuid.uuid4().hex
    folder.mkdir()
    orders = Orders(
        shape=case.shape,
        asks=case.asks,
        thread=f"{case}-{folder.name[:8]}",
        folder=folder,
        url=url if case.store == "postgres" else "",
        when=case.when,
        kill=case.n,
    )
    game = _Play(case, orders)
    told = game.end()
    ran = Ran(told, game.world.counts(), game.kills, game.writes, game.repeated)
    shutil.rmtree(folder)
    return ran


class _Play:
    """The processes of a case, one after the other, and the person who begins them."""

    def __init__(self, case: Case, orders: Orders) -> None:
        self.case, self.orders = case, orders
        self.world = World(orders.folder / "world")
        self.paused: list[Child] = []
        self.kills = self.writes = 0
        self.repeated: list[str] = []

    def end(self) -> Told:
        """Begin processes until one says that the run is done, or has failed."""
        try:
            for _ in range(MOST):
                told = self._next()
                if told is not None:
                    return told
        finally:
            for child in self.paused:
                child.end()
        return Told(status="failed", error=f"no end after {MOST} processes")

    def _next(self) -> Told | None:
        child = spawn(self.orders)
        told = child.wait()
        if told is None:
            self._lost(child)
            return None
        self.writes += told.writes
        self.repeated += told.asked_again
        self.orders = replace(self.orders, kill=max(0, self.orders.kill - told.writes), answers={})
        if told.busy and self.paused:  # as its error says: end who holds the file
            self.paused.pop().end()
            return None
        if told.status == "failed":
            return told
        if self.paused and (told.status == "done" or effects_asked(told.interrupts)):
            return self._woken()  # nobody knows what it did before it has gone on
        given = answers(told.interrupts, self.world, together=self.case.n % 2 == 0)
        self.orders = replace(self.orders, answers=given)
        return told if told.status == "done" else None

    def _lost(self, child: Child) -> None:
        """A process was killed or paused: the next one is killed at its own write, if at any."""
        self.kills += 1
        pauses = self.case.when == "pause"
        self.paused += [child] if pauses else []
        again = self.case.then if self.kills == 1 else 0
        self.orders = replace(self.orders, kill=again, answers={}, take_over=pauses)

    def _woken(self) -> Told | None:
        """Let the paused ones go on: each is refused, or had nothing left to do."""
        while self.paused:
            late = self.paused.pop(0).wake()
            if late is None or (late.status == "failed" and not late.stopped):
                said = late.error if late else "it was stopped again"
                return Told(status="failed", error=f"a paused process was not refused: {said}")
        return None


def judge(case: Case, ran: Ran, reference: Ran) -> Verdict:
    """Compare with the undisturbed run."""
    verdict = Verdict(case, ran.kills)
    if ran.told.status != "done":
        verdict.different.append(ran.told.error)
    elif ran.told.state != reference.told.state:
        verdict.different.append(difference(reference.told.state, ran.told.state))
    for thing in reference.world | ran.world:
        name = " ".join(thing)
        right, found = reference.world[thing], ran.world[thing]
        if found > right and EFFECTS[thing[0]] != "reads":
            verdict.doubled.append(f"{name} ({found} times)")
        if found < right:
            verdict.lost.append(name)
    verdict.lost += [f"{one} (no record)" for one in ran.told.unjournaled]
    verdict.lost += [f"{one} (answer)" for one in ran.asked_again]
    verdict.different += [f"{one} (written by who had lost the thread)" for one in ran.told.late]
    verdict.chain = ran.told.broken
    return verdict


def difference(right: Any, found: Any, path: str = "state") -> str:
    """The first place where two states differ, in words."""
    if isinstance(right, dict) and isinstance(found, dict) and right.keys() == found.keys():
        at = next(key for key in right if right[key] != found[key])
        return difference(right[at], found[at], f"{path}.{at}")
    if isinstance(right, list) and isinstance(found, list) and len(right) == len(found):
        at = next(n for n, pair in enumerate(zip(right, found, strict=True)) if pair[0] != pair[1])
        return difference(right[at], found[at], f"{path}[{at}]")
    return f"{path}: {json.dumps(found)[:300]} instead of {json.dumps(right)[:300]}"
