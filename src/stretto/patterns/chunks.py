"""Works on the next chunks of a source in one superstep, each stored as it is done.

As in `dataflow`, all `@task`s are called at once and in order, and wait inside their bodies: for
the chunk before to be read, then for a slot. So the source is read in its order, no chunk is read
before it can be worked on, and a resume reads only those that have no result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from langgraph.errors import (
    GraphBubbleUp,
    GraphInterrupt,
    GraphRecursionError,
    is_invalid_resume,
)
from langgraph.func import task as langgraph_task

from stretto.errors import (
    BudgetExceeded,
    EffectChanged,
    EffectUnknown,
    LimitReached,
    MemberFailed,
    RunStopped,
    StateUnavailable,
    StateUnreadable,
    ThreadTaken,
)
from stretto.patterns.rows import Chunk, Position

Take = Callable[[Position, int], Awaitable[Chunk]]
"""Reads up to so many records from a position on."""
WorkOn = Callable[[int, Chunk], Awaitable[dict[str, Any]]]
"""Works on a chunk of that number: its result under `partial`, or why it was left out under
`skipped`."""
Done: TypeAlias = dict[str, Any]
"""What is stored of a chunk: its number (`chunk`), `start`, `end`, `items`, `bad`, `ended` and
`share`, and what the worker gave."""


_RUN_STOPS = (
    GraphBubbleUp,
    GraphRecursionError,
    LimitReached,
    RunStopped,
    ThreadTaken,
    StateUnavailable,
    StateUnreadable,
    EffectUnknown,
    EffectChanged,
)


def stops_run(error: BaseException, member: str) -> bool:
    """Whether an error is the run's, not that of the piece of work it was raised in.

    A member that has used up a budget of its own fails; so does no other.
    """
    if isinstance(error, BudgetExceeded):
        return error.budget.rpartition("/")[2] != member
    if is_invalid_resume(error):  # nothing was saved, it can be answered again
        return True
    return isinstance(error, _RUN_STOPS) or not isinstance(error, Exception)


@dataclass(frozen=True, slots=True)
class Missed:
    """A chunk that was read and could not be worked on."""

    done: Done
    """What there is of it."""
    error: Exception


class Halted(Exception):
    """Raised in a chunk that is not begun: one before it stopped the superstep."""


@dataclass(frozen=True, slots=True)
class Window:
    """The chunks of one superstep.

    Args:
        first: Number of the first, from 1.
        count: How many at most.
        size: Records in each.
        width: How many are worked on at once.
    """

    first: int
    count: int
    size: int
    width: int

    @property
    def numbers(self) -> range:
        """Their numbers."""
        return range(self.first, self.first + self.count)


async def run_window(
    window: Window,
    at: Position,
    take: Take,
    work: WorkOn,
    *,
    name: Callable[[int], str],
    stops: Callable[[BaseException], bool],
    heard: Callable[[Done | Missed], bool],
) -> list[Done | Missed]:
    """Read and work on chunks inside a LangGraph node; on a resume only those without a result.

    Args:
        window: Which.
        at: Where the first begins.
        take: Reads; asked in the source's order.
        work: Works on one that has items.
        name: Of the `@task` of a chunk.
        stops: Whether what a worker raised stops the run.
        heard: Told each as it ends; `False` lets no further one begin.

    Returns:
        What became of each, in the source's order, as far as the source goes.

    Raises:
        GraphInterrupt: Some wait for a person.
        Exception: What stopped the run: the source, a limit; finished chunks are stored all the
            same.
    """
    run = _Running(window, at, take, work, stops=stops, heard=heard)
    calls = [run.settle(n, run.call(n, name(n))) for n in window.numbers]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return _through(outcomes)


class _Running:
    """The chunks of a superstep while they are worked on."""

    def __init__(
        self,
        window: Window,
        at: Position,
        take: Take,
        work: WorkOn,
        *,
        stops: Callable[[BaseException], bool],
        heard: Callable[[Done | Missed], bool],
    ) -> None:
        loop = asyncio.get_running_loop()
        self._window, self._take, self._work = window, take, work
        self._stops, self._heard = stops, heard
        self._ends: dict[int, asyncio.Future[Position | None]] = {
            n: loop.create_future() for n in range(window.first - 1, window.first + window.count)
        }
        """Where each chunk ends; `None` where the source does."""
        self._ends[window.first - 1].set_result(at)
        self._read: dict[int, Done] = {}
        """What there is of chunks that are worked on."""
        self._slots = asyncio.Semaphore(window.width)
        self._halted = False

    def call(self, number: int, name: str) -> Awaitable[Done]:
        """Call the `@task` of a chunk."""

        async def body(number: int) -> Done:
            return await self._carry_out(number)

        body.__name__ = name
        return langgraph_task(body)(number)

    async def settle(self, number: int, result: Awaitable[Done]) -> Done | Missed:
        """Wait for a chunk, and let the next ones know where it ends."""
        end = self._ends[number]
        try:
            done = await result
            if done["chunk"] != number:
                raise MemberFailed(
                    f"the result stored for chunk {number} is that of {done['chunk']!r}. The "
                    "thread's checkpoints are damaged; fork it before this step."
                )
            await self._ends[number - 1]  # the source is read in its order, in a resume too
        except BaseException as error:
            if not end.done():
                end.set_exception(Halted())
                end.exception()  # looked at, also when there is no next one
            read = self._read.pop(number, None)
            if read is None or not isinstance(error, Exception) or self._stops(error):
                raise
            return Missed(read, error)
        if not end.done():
            end.set_result(None if done["ended"] else done["end"])
        self._read.pop(number, None)
        self._halted = not self._heard(done) or self._halted
        return done

    async def _carry_out(self, number: int) -> Done:
        start = await self._ends[number - 1]
        if start is None:
            self._ends[number].set_result(None)
            return {"chunk": number, "start": {}, "end": {}, "items": 0, "bad": [], "ended": True}
        async with self._slots:
            if self._halted:
                raise Halted
            chunk = await self._take(start, self._window.size)
            self._ends[number].set_result(None if chunk.ended else chunk.end)
            done: Done = {
                "chunk": number,
                "start": chunk.start,
                "end": chunk.end,
                "items": len(chunk.items),
                "bad": [row.model_dump() for row in chunk.bad],
                "ended": chunk.ended,
                "share": chunk.share,
            }
            if not chunk.items:
                return done
            self._read[number] = done
            try:
                return {**done, **await self._work(number, chunk)}
            except Exception as error:  # heard of before the slot is free for the next one
                if not self._stops(error):
                    self._halted = not self._heard(Missed(done, error)) or self._halted
                raise


def _through(outcomes: list[Any]) -> list[Done | Missed]:
    """What became of the chunks that the source has.

    Raises:
        GraphInterrupt, Exception: As `run_window`.
    """
    stopped = [o for o in outcomes if isinstance(o, BaseException) and not isinstance(o, Halted)]
    if failed := [o for o in stopped if not isinstance(o, GraphInterrupt)]:
        raise failed[0]
    if stopped:
        raise GraphInterrupt([i for o in stopped for i in o.args[0]])
    through = [cast("Done | Missed", o) for o in outcomes if not isinstance(o, BaseException)]
    return [o for o in through if isinstance(o, Missed) or o["start"]]  # the rest is beyond its end
