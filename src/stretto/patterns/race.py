"""What the branches of one superstep know of one another, in this process.

LangGraph ends a superstep when its slowest task ends, and lets a task that fails take the others
with it. So a branch that has failed, or asks a person, waits here until it is known what is to be
made of it: whether enough others succeed, or all others have ended and are stored. Nothing here is
needed by a resume: what ended before is read from the checkpoint.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from stretto.members.superstep import superstep
from stretto.patterns.quorum import enough, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from langchain_core.runnables import RunnableConfig

    from stretto.members.superstep import Superstep
    from stretto.patterns.quorum import Require, Status, Verdict

Stop = Literal["enough", "late"]
_races: dict[int, Race] = {}


def _later(seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(seconds, call)


def running() -> int:
    """How many supersteps have branches at work in this process."""
    return len(_races)


def race_at(
    config: RunnableConfig,
    nodes: Collection[str],
    require: Require,
    *,
    deadline: float | None,
) -> tuple[Race, str, bool]:
    """The race that a branch is in, the branch's task, and whether the race is new.

    The first branch of a superstep makes it, the end of the last one drops it.

    Args:
        config: The branch's.
        nodes: The nodes whose tasks are branches.
        require: How many must succeed.
        deadline: Seconds from now after which branches are stopped.
    """
    here = superstep(config, _races)
    if (known := _races.get(here.number)) is not None:
        return known, here.task, False
    race = Race(here, nodes, require, limit=config.get("max_concurrency"), deadline=deadline)
    return race, here.task, True


class Race:
    """The branches of a superstep, and where each stands.

    Args:
        here: The superstep.
        nodes: The nodes whose tasks are branches.
        require: How many must succeed.
        limit: How many tasks may run at once, `None` for any number.
        deadline: Seconds after which branches are stopped.
    """

    def __init__(
        self,
        here: Superstep,
        nodes: Collection[str],
        require: Require,
        *,
        limit: int | None,
        deadline: float | None,
    ) -> None:
        self.stop: asyncio.Future[Stop] = asyncio.get_running_loop().create_future()
        """Done when those at work are to stop, and why."""
        self.why: dict[str, str] = {}
        """Why branches have failed, by what they are called."""
        self.blind = not here.seen
        """Whether it cannot be seen who else is there; then nobody is stopped."""
        self.written = self.blind
        """Whether a failure is a result of the superstep, so that the others must be, too."""
        self._require: Require = require
        self._limit, self._number = limit, here.number
        futures = {task: future for task, (name, future) in here.mates.items() if name in nodes}
        self.size = len(futures) or 1
        """How many branches run in the superstep."""
        self.running = {name for name, _ in here.mates.values()}
        """Their nodes."""
        self.alone = not futures
        self._stands: dict[str, Status] = dict.fromkeys(futures or [here.task], "waiting")
        self._counts: Counter[Status] = Counter(self._stands.values())
        self._open = set(self._stands)
        self._held: dict[str, asyncio.Future[Verdict]] = {}
        self._timer = None if deadline is None else _later(deadline, self._is_late)
        if futures:
            _races[here.number] = self
        for task, future in futures.items():
            future.add_done_callback(partial(self._left, task))

    def ended_before(self, others: Mapping[str, str], why: Mapping[str, str]) -> None:
        """Count branches that ended before this superstep's run, by what they are called."""
        self._counts.update(cast("list[Status]", list(others.values())))
        self.why = {**{n: t for n, t in why.items() if others.get(n) == "failed"}, **self.why}
        self.written = self.written or "failed" in others.values()
        self._look()

    def stands(self, task: str, status: Status) -> None:
        """Note where a branch stands now."""
        before = self._stands[task]
        self._counts[before] -= 1
        self._counts[status] += 1
        self._stands[task] = status
        self._look()

    async def hold(self, task: str, status: Literal["failing", "asking"]) -> Verdict:
        """Wait until it is known what is to be made of a branch that has failed, or asks."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._held[task] = future
        self.stands(task, status)
        try:
            return await future
        finally:
            self._held.pop(task, None)

    def _look(self) -> None:
        """Tell each that waits what there is to tell."""
        if enough(self._require, self._counts) and not self.stop.done():
            self.stop.set_result("enough")
        said = verdict(self._require, self._counts, limit=self._limit)
        if said == "enough":
            self._tell("failing", said, "unneeded")
            self._tell("asking", said, "unneeded")
        elif said == "release":
            self.written = self.written or self._counts["failing"] > 0
            if not self._tell("failing", said, "failed", most=1):
                self._tell("asking", said, "asked", most=1)
        elif said == "ask":
            self._tell("asking", said, "asked")
        elif said == "lost" and all(self._stands[t] == "failing" for t in self._open):
            self._tell("failing", said, "failed")

    def _tell(
        self, whom: Status, said: Verdict, then: Status, *, most: int | None = None
    ) -> list[str]:
        waiting = [t for t in self._held if self._stands[t] == whom][:most]
        for task in waiting:
            self._counts[whom] -= 1
            self._counts[then] += 1
            self._stands[task] = then
            if not (future := self._held[task]).done():
                future.set_result(said)
        return waiting

    def _is_late(self) -> None:
        if not self.stop.done():
            self.stop.set_result("late")

    def _left(self, task: str, _: asyncio.Future[object]) -> None:
        """A task has ended, and LangGraph has taken what it wrote."""
        self._open.discard(task)
        if self._stands[task] in {"waiting", "working"}:  # it was cancelled from without
            self.stands(task, "failed")
        else:
            self._look()
        if not self._open:
            self.close()

    def close(self) -> None:
        """Forget it."""
        _races.pop(self._number, None)
        if self._timer is not None:
            self._timer.cancel()
