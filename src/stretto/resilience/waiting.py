"""Who holds what and who waits for it in this process: a wait that could never end is refused."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from langgraph.config import get_config

from stretto.errors import Deadlock
from stretto.resilience.cycles import Edge, cycle, stuck

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from stretto.resilience.bulkhead_permits import Hold

    Helpers = Callable[[], Sequence[Hold] | None]
    Fail = Callable[[BaseException], None]


class Within(NamedTuple):
    """What the task here, or one it was begun by, is at work in."""

    resource: object
    """The bulkhead of which `hold` is; `None` for a mark of `apart`."""
    hold: Hold | None
    outer: Within | None


WITHIN: ContextVar[Within | None] = ContextVar("stretto_permits", default=None)
_ASKED: ContextVar[tuple[str, ...]] = ContextVar("stretto_asked", default=())
"""Who has asked whom, from the outermost of the chain of calls here."""


class Waiting:
    """One that waits within something that it holds.

    Args:
        what: What it waits for ("lock 'a'").
        within: What it is at work in, the innermost first.
        helpers: The holds whose end would help it; `None` when it waits no longer. Called in any
            thread.
        fail: Ends it with an error; called in any thread.
        bounded: Whether it gives up by itself.
        key: What all processes call what it waits for; empty when that is of this process alone.
    """

    __slots__ = ("bounded", "fail", "helpers", "id", "key", "over", "since", "what", "within")

    def __init__(
        self,
        what: str,
        within: tuple[Hold, ...],
        helpers: Helpers,
        fail: Fail,
        *,
        bounded: bool,
        key: str = "",
    ) -> None:
        self.what, self.within, self.helpers, self.fail = what, within, helpers, fail
        self.bounded, self.key, self.over = bounded, key, False
        self.id, self.since = str(next(_NUMBERS)), time.time()


_NUMBERS = count(1)


class Graph:
    """The waits of a process; used from any thread of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: dict[Waiting, None] = {}
        self._inner: dict[Hold, dict[Waiting, None]] = {}
        """By hold, those that wait within it."""
        self._gone: deque[Waiting] = deque()

    def begin(self, waiting: Waiting) -> None:
        """Note that it waits.

        Raises:
            Deadlock: It would wait for ever.
        """
        with self._lock:
            self._sweep()
            self._waits[waiting] = None
            for hold in waiting.within:
                self._inner.setdefault(hold, {})[waiting] = None
            found = self._found(waiting)
        if found:
            self.end(waiting)
            raise deadlock(found)

    def end(self, waiting: Waiting) -> None:
        """Note that it waits no longer; at any time, as when the garbage collector ends a call."""
        waiting.over = True
        self._gone.append(waiting)
        if self._lock.acquire(blocking=False):  # else it is swept when the next one begins
            try:
                self._sweep()
            finally:
                self._lock.release()

    def waits(self) -> list[tuple[Waiting, Sequence[Hold]]]:
        """All that wait without a bound, each with the holds whose end would help it."""
        with self._lock:
            self._sweep()
            return [
                (each, helpers)
                for each in self._waits
                if not each.bounded and (helpers := _helpers(each)) is not None
            ]

    def _sweep(self) -> None:
        while self._gone:
            waiting = self._gone.popleft()
            if self._waits.pop(waiting, 0) == 0:
                continue
            for hold in waiting.within:
                inner = self._inner[hold]
                del inner[waiting]
                if not inner:
                    del self._inner[hold]

    def _found(self, waiting: Waiting) -> list[str]:
        """The cycle that its waiting closes, told from hold to hold; empty when it closes none."""
        helpers = _helpers(waiting)
        if helpers is None or not all(hold in self._inner for hold in helpers):
            return []
        edges, holds = self._reached(waiting, helpers)
        still = stuck(edges.values())
        if waiting.id not in still:
            return []
        links = cycle({each: edges[each] for each in still}, waiting.id)
        # The last hold of the way is the one in which the first waits.
        return [holds[link.hold] for link in (*links[-1:], *links[:-1])]

    def _reached(
        self, waiting: Waiting, helpers: Sequence[Hold]
    ) -> tuple[dict[str, Edge], dict[str, str]]:
        """It and those on whom it depends, by id; and what they hold, told, by id."""
        edges: dict[str, Edge] = {}
        holds: dict[str, str] = {}
        todo = deque([(waiting, helpers)])
        while todo:
            each, needed = todo.popleft()
            within = tuple(hold_id(hold) for hold in each.within)
            edges[each.id] = Edge(each.id, tuple(hold_id(hold) for hold in needed), within)
            for hold in needed:
                holds[hold_id(hold)] = hold.told
                for inner in self._inner.get(hold, ()):
                    if inner.id in edges or inner.bounded or (more := _helpers(inner)) is None:
                        continue
                    edges[inner.id] = Edge(inner.id, (), ())  # seen
                    todo.append((inner, more))
        return edges, holds


GRAPH = Graph()


@contextmanager
def waiting_for(
    what: str,
    inner: Within | None,
    helpers: Helpers,
    fail: Fail,
    *,
    bounded: bool,
    key: str = "",
) -> Generator[None]:
    """Stand around a wait.

    Args:
        what: What is waited for.
        inner: What it is waited within.
        helpers: See `Waiting`.
        fail: See `Waiting`.
        bounded: Whether it is given up after a time: then it holds nobody up for ever.
        key: See `Waiting`.

    Raises:
        Deadlock: It would wait for ever.
    """
    within = tuple(holds_within(inner))
    if not within:  # it holds nobody up
        yield
        return
    waiting = Waiting(what, within, helpers, fail, bounded=bounded, key=key)
    GRAPH.begin(waiting)
    try:
        yield
    finally:
        GRAPH.end(waiting)


def holds_within(inner: Within | None) -> Iterable[Hold]:
    """The holds that cannot end before what is at work there, the innermost first."""
    while inner is not None and inner.hold is not None:
        if not inner.hold.ended:
            yield inner.hold
        inner = inner.outer


@contextmanager
def apart() -> Generator[None]:
    """Begin what those around do not wait for: a branch of a race, work in the background.

    What waits within it keeps nobody around it from ending, so it is in no cycle with them. It
    borrows from them as ever.
    """
    token = WITHIN.set(Within(None, None, WITHIN.get()))
    try:
        yield
    finally:
        WITHIN.reset(token)


@contextmanager
def asking(caller: str, callee: str) -> Generator[None]:
    """Stand around a request of one agent to another, until its answer is there.

    Args:
        caller: Who asks.
        callee: Who is to answer.

    Raises:
        Deadlock: The one that is asked waits for an answer itself, in this chain of calls.
    """
    before = _ASKED.get()
    chain = before if before[-1:] == (caller,) else (*before, caller)
    if callee in chain:
        way = chain[chain.index(callee) :]
        raise deadlock(
            [f"agent {each!r}" for each in way],
            verb="asks",
            remedy="Let the one that was asked answer itself, or hand the work over instead of "
            "asking back.",
        )
    token = _ASKED.set((*chain, callee))
    try:
        yield
    finally:
        _ASKED.reset(token)


def who() -> str:
    """Who is at work here: the thread and node of a graph's run, else the task."""
    try:
        config = get_config()
    except RuntimeError:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        return f"task {task.get_name()!r}" if task is not None else "a thread of this process"
    thread = (config.get("configurable") or {}).get("thread_id")
    node = (config.get("metadata") or {}).get("langgraph_node")
    place = f"node {node!r}" if node else "a graph"
    return f"thread {str(thread)!r} ({place})" if thread else place


def deadlock(
    steps: Sequence[str],
    *,
    verb: str = "waits for",
    remedy: str = "Take what is shared in the same order everywhere, take it all before the work "
    "begins, or give the lock or bulkhead a `wait` after which it gives up.",
) -> Deadlock:
    """The error for a cycle whose steps are told in their order."""
    first = steps[0].partition(" held by ")[0]
    told = f" {verb} ".join((*steps, first))
    return Deadlock(f"this would wait for ever: {told}. {remedy}", tuple(steps))


def hold_id(hold: Hold) -> str:
    """What a hold is known by in this process, as long as it is there."""
    return str(id(hold))


def _helpers(waiting: Waiting) -> Sequence[Hold] | None:
    return None if waiting.over else waiting.helpers()
