"""All cases within bounds, shared out among processes that import nothing more."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from bench.crash.case import Case, Verdict, judge, play

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bench.crash.child import When

AGAIN = 5
"""Every so many cases one is killed twice."""
EXTRA = 3
"""Writes beyond the undisturbed run's that are tried: a batch of records may be cut otherwise."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Which cases."""

    shapes: tuple[str, ...]
    asks: tuple[int, ...]
    stores: tuple[str, ...]
    every: int = 1
    """Only every so many writes."""
    offset: int = 0
    whens: tuple[When, ...] = ("before", "after", "pause")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One of the processes that share the cases."""

    number: int
    of: int
    root: Path
    """Folder for what the cases leave, and for what the processes tell."""
    url: str
    """Of its own Postgres database: a paused process may hold it for a while."""

    @property
    def told(self) -> Path:
        """Where it leaves its verdicts."""
        return self.root / f"verdicts-{self.number}"


def sweep(bounds: Bounds, root: Path, urls: Sequence[str]) -> list[Verdict]:
    """Judge all cases, in as many processes at once as there are databases.

    Raises:
        RuntimeError: One of these processes failed.
    """
    groups = [
        Case(shape=shape, asks=asks, when="before", n=0, store=store)
        for store in bounds.stores
        for shape in bounds.shapes
        for asks in bounds.asks
    ]
    workers = [Job(number=n, of=len(urls), root=root, url=url) for n, url in enumerate(urls)]
    children = [_fork(groups, job, bounds) for job in workers]
    endings = [os.waitpid(child, 0)[1] for child in children]
    if any(endings):
        raise RuntimeError("a part of the sweep failed; what it said stands above")
    found = [one for job in workers for one in pickle.loads(job.told.read_bytes())]
    order = {str(group): number for number, group in enumerate(groups)}
    return sorted(found, key=lambda one: order[str(one.case.undisturbed)])


def _fork(groups: list[Case], job: Job, bounds: Bounds) -> int:
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        found = [one for group in groups for one in _share(group, job, bounds)]
        job.told.write_bytes(pickle.dumps(found))
        code = 0
    except BaseException:  # noqa: BLE001 - nothing of the parent may run here
        traceback.print_exc()
    finally:
        os._exit(code)


def _share(group: Case, job: Job, bounds: Bounds) -> Iterator[Verdict]:
    reference = play(group, job.root, job.url)
    if job.number == 0:
        print(f"{group.shape} with {group.asks} questions on {group.store}", file=sys.stderr)
    if reference.told.status != "done":
        raise RuntimeError(f"{group} fails undisturbed: {reference.told.error}")
    for number, case in enumerate(cases(group, reference.writes, bounds)):
        if number % job.of == job.number:
            verdict = judge(case, play(case, job.root, job.url), reference)
            if verdict.kills or not verdict.good:
                yield verdict.told()


def cases(group: Case, writes: int, bounds: Bounds) -> Iterator[Case]:
    """The cases of an undisturbed run that makes so many writes."""
    points = range(1 + bounds.offset % bounds.every, writes + EXTRA + 1, bounds.every)
    for number, (n, when) in enumerate(product(points, bounds.whens)):
        then = 1 + (7 * n) % max(2, writes - n) if number % AGAIN == AGAIN - 1 else 0
        yield replace(group, n=n, when=when, then=then)
