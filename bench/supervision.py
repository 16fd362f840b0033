"""Whether a supervisor loses work or does it twice when its workers crash, hang and lie.

    python -m bench.supervision [--seeds 20] [--tasks 40]

Five workers: one is steady, one crashes, one hangs, one lies (its nonsense is refused by a check),
one does any of these; each as a seed draws it, anew at each try. A manager gives each task to one
of them, up to eight at once; what is given up it gives to the next. Workers are restarted once,
then one other takes over, then the manager is told, or, with every other seed, a person, who gives
the task back to the manager. The runs are journaled; restarts, reassignments and escalations are
counted in the journal. `lost` are tasks that no worker did in the end, `doubled` those that were
done more than once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

import stretto
from stretto import Resume, member
from stretto.patterns import supervisor
from stretto.records import Decided, FellBack, Retried
from stretto.runs.storage import open_storage
from stretto.state import Delegate, Delegated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stretto.runs import Storage

FLAWS: dict[str, dict[str, float]] = {
    "ada": {},
    "bob": {"crashes": 0.6},
    "cyd": {"hangs": 0.5},
    "dee": {"lies": 0.6},
    "eve": {"crashes": 0.2, "hangs": 0.2, "lies": 0.2},
}
"""How often each worker does what, of all its tries."""
HEIRS = {"bob": ["eve"], "cyd": ["dee"], "dee": ["bob"], "eve": ["cyd"]}
WIDTH = 8
IDLE = 0.02
"""Seconds without progress after which a worker counts as hanging; those here never wait."""
LEAVE = {"decisions": [{"type": "reject", "message": "Give it to another."}]}


@dataclass
class Found:
    """What the runs came to."""

    tasks: int = 0
    done: Counter[str] = field(default_factory=Counter)
    """How often each task was done."""
    told: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Tasks that nobody did."""
        return self.tasks - len(self.done)

    @property
    def doubled(self) -> int:
        """Tasks that were done more than once."""
        return sum(many > 1 for many in self.done.values())


def worker(name: str, draw: random.Random, found: Found) -> Any:
    """A worker with its flaws."""
    flaws = FLAWS[name]

    async def work(state: Mapping[str, Any]) -> str:
        task = state["task"]
        luck = draw.random()
        for flaw, share in flaws.items():
            if (luck := luck - share) >= 0:
                continue
            if flaw == "crashes":
                raise OSError(f"{name} crashed")
            if flaw == "hangs":
                await asyncio.Event().wait()
            return "nonsense"
        found.done[task] += 1
        return f"did {task}"

    return member(work, name=name)


def manager(seed: int, tasks: int) -> Any:
    """Gives all tasks to workers, and what is given up to the next one; keeps nothing itself."""

    async def manage(state: Mapping[str, Any]) -> Any:
        work: list[Delegated] = state.get("work") or []
        last = {record.task: record for record in work}
        again = [r for r in last.values() if r.status == "given up"]
        wanted = [Delegate(worker=_next(r.worker, 1), task=r.task) for r in again]
        wanted += [
            Delegate(worker=_next("ada", number), task=task)
            for number in range(tasks)
            if (task := f"task {seed}.{number}") not in last
        ]
        return wanted[:WIDTH] or f"{len(last)} tasks are done"

    return manage


def _next(name: str, steps: int) -> str:
    names = list(FLAWS)
    return names[(names.index(name) + steps) % len(names)]


def about(task: str, result: Any) -> bool:
    """Whether a result is of its task."""
    return task in str(result)


async def run(seed: int, tasks: int, storage: Storage, found: Found) -> None:
    """One manager with its tasks, to the end."""
    draw, thread = random.Random(seed), f"seed-{seed}"
    graph = supervisor(
        manager(seed, tasks),
        [worker(name, draw, found) for name in FLAWS],
        max_delegations=tasks * 10,
        idle={"cyd": IDLE, "eve": IDLE},
        check=about,
        reassign=HEIRS,
        escalate="person" if seed % 2 else "manager",
    )
    result = await stretto.run(graph, "Do all tasks.", thread=thread, storage=storage)
    while result.interrupts:
        answers = {each.id: LEAVE for each in result.interrupts}
        result = await stretto.run(graph, Resume(answers=answers), thread=thread, storage=storage)
    assert result.status == "done", result
    found.tasks += tasks
    records = await storage.journal.records(thread, types=("retried", "fell_back", "decided"))
    for record in records:
        match record:
            case Retried():
                found.told["restarts"] += 1
            case FellBack():
                found.told["reassignments"] += 1
            case Decided() if record.decision.startswith("escalated"):
                found.told["escalations"] += 1
            case _:
                pass


async def measure(seeds: int, tasks: int) -> Found:
    found, began = Found(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        async with open_storage(home=Path(folder)) as storage:
            for seed in range(seeds):
                await run(seed, tasks, storage, found)
    found.seconds = time.monotonic() - began
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--tasks", type=int, default=40)
    args = parser.parse_args()
    logging.getLogger("stretto").setLevel(logging.ERROR)  # failures are meant
    found = asyncio.run(measure(args.seeds, args.tasks))
    told = {name: found.told[name] for name in ("restarts", "reassignments", "escalations")}
    figures = {"tasks": found.tasks, "lost": found.lost, "doubled": found.doubled, **told}
    table = Table("what", "how many")
    for name, many in figures.items():
        table.add_row(name, str(many))
    table.add_row("seconds", f"{found.seconds:.1f}")
    Console().print(table)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
