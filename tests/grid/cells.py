"""A cell of the grid: patterns in one another, who works innermost, whom it asks, how it dies."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import stretto
from bench.crash.case import MOST, Case, Ran
from bench.crash.child import Orders, report
from bench.crash.person import answers
from bench.crash.world import World
from stretto import Resume
from stretto.errors import InvalidInput, StateUnavailable, ThreadUnknown
from stretto.testing import count_writes, fail_at
from tests.grid.innermost import Asks, Kind, Moment, beside, innermost, said
from tests.grid.shapes import PATTERNS, Level

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bench.crash.child import Told
    from stretto.runs import Storage

Order = Literal["first", "last", "together"]
Then = Literal["fork", "again", "end"]
DEPTHS = ("outer", "middle", "inner")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is tried."""

    patterns: tuple[str, ...]
    """The outermost first."""
    kind: Kind = "function"
    asks: Asks = "none"
    order: Order = "together"
    """Which of the questions that wait is answered next."""
    crashes: tuple[Moment | int, ...] = ()
    """Where it dies, in a run of its own each: where in the innermost member, or how much of what
    is stored for checkpoints is stored by then, in percent."""
    then: Then = "fork"
    """Whether it is gone back to its middle in the end, or asked again."""

    def __str__(self) -> str:
        asked = f"{self.asks}-{self.order}" if self.asks == "once" else self.asks
        crashes = "+".join(map(str, self.crashes))
        return f"{'>'.join(self.patterns)}/{self.kind}/{asked}/{crashes}"

    @property
    def forked(self) -> int | None:
        """The depth at which another member works beside; `None` for none."""
        levels = [n for n, name in enumerate(self.patterns) if PATTERNS[name].branches]
        return levels[0] if levels and self.asks == "once" else None

    def build(self, world: World, moment: Callable[[Moment], None] = lambda _: None) -> Any:
        """The graph; `moment` is told where the innermost member is."""
        alone: Asks = "one" if self.forked is not None else self.asks
        thing: Any = innermost(world, self.kind, alone, moment)
        for depth in reversed(range(len(self.patterns))):
            other = beside(world) if depth == self.forked else None
            level = Level(DEPTHS[depth], world, thing, other)
            built = PATTERNS[self.patterns[depth]].build(level)
            thing = built if depth == 0 else stretto.member(built, name=DEPTHS[depth])
        return thing

    @property
    def says(self) -> str:
        """What the whole says in the end."""
        told = said(self.kind, "one" if self.forked is not None else self.asks)
        for depth in reversed(range(len(self.patterns))):
            one = PATTERNS[self.patterns[depth]]
            all_of_them = [told, *(["beside"] if depth == self.forked else [])]
            told = one.says(*all_of_them)
        return told

    @property
    def place(self) -> list[str]:
        """Nodes that the innermost member is in, the outermost first."""
        names = [*DEPTHS[1 : len(self.patterns)], "inmost"]
        nodes: list[str] = []
        for depth, (pattern, name) in enumerate(zip(self.patterns, names, strict=True)):
            nodes += PATTERNS[pattern].nodes(name, forked=depth == self.forked)
        return nodes


@dataclass
class Play:
    """The lives of a cell, one after the other, each with the storage opened anew."""

    cell: Cell
    folder: Path
    url: str = ""
    die_at: int = 0
    """The write of a checkpoint at which all writes begin to fail; 0 for none."""
    die_when: Moment | None = None
    parts: list[Any] = field(default_factory=list[Any])
    records: list[Any] = field(default_factory=list[Any])
    writes: int = 0
    """Of checkpoints."""
    kills: int = 0
    again: list[str] = field(default_factory=list[str])
    _graph: Any = None
    _storage: Any = None

    @property
    def thread(self) -> str:
        """Where it lives."""
        return self.folder.name

    @property
    def world(self) -> World:
        """What it acts on."""
        return World(self.folder / "world")

    async def end(self) -> Ran:
        """Live until it is done."""
        self.folder.mkdir()
        given: dict[str, Any] = {}
        for _ in range(MOST):
            told = await self._life(given)
            if told is None:
                given = {}
                continue
            self.again += told.asked_again
            if told.status == "done":
                return Ran(told, self.world.counts(), self.kills, self.writes, self.again)
            given = self._answers(told.interrupts)
        raise AssertionError(f"{self.cell} does not end")

    async def _life(self, given: dict[str, Any]) -> Told | None:
        async with self._opened() as storage:
            writes = count_writes(storage)
            if self.die_at:
                fail_at(storage, self.die_at, kind="checkpoint")
            try:
                told = await self._advance(self.graph, given, storage)
            except StateUnavailable:
                self.kills += 1
                self.die_at, self._graph = 0, None
                return None
            finally:
                count = writes.kinds.count("checkpoint")
                self.writes += count
            self.die_at = max(0, self.die_at - count)
            self.records = await storage.journal.records(self.thread)
            return told

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Storage]:
        place: Any = {"url": self.url} if self.url else {"home": self.folder / "state"}
        async with stretto.open_storage(**place) as self._storage:
            yield self._storage

    @property
    def graph(self) -> Any:
        """The graph; made anew after a death, as a new process makes it."""
        if self._graph is None:
            self._graph = self.cell.build(self.world, self._moment)
        return self._graph

    def _moment(self, now: Moment) -> None:
        if now == self.die_when:
            self.die_when = None
            fail_at(self._storage, 1, kind="journal")

    async def _advance(self, graph: Any, given: dict[str, Any], storage: Storage) -> Told:
        result = None
        try:
            result = await self._stream(graph, Resume(answers=given, by="person"), storage)
        except ThreadUnknown:
            result = await self._stream(graph, "go", storage)
        except InvalidInput as error:
            if "has ended its last turn" not in str(error):
                raise
        told = await report(result, graph, self.orders, storage)
        told.state = without_tokens(told.state)
        return told

    async def _stream(self, graph: Any, given: Any, storage: Storage) -> Any:
        stream = stretto.stream(graph, given, thread=self.thread, storage=storage)
        async with aclosing(stream) as parts:
            found = [part async for part in parts]
        self.parts += found
        assert found[-1]["type"] == "end"
        return found[-1]["data"]

    @property
    def orders(self) -> Orders:
        """What `report` is to know."""
        return Orders(shape=str(self.cell), asks=0, thread=self.thread, folder=self.folder)

    def _answers(self, waiting: list[tuple[str, Any]]) -> dict[str, Any]:
        some = waiting[-1:] if self.cell.order == "last" else waiting
        return answers(some, self.world, together=self.cell.order == "together")

    async def forked(self) -> Any:
        """Go back to the middle of the thread, and give the state in which it ends again."""
        async with self._opened() as storage:
            graph = self.graph
            ready = graph.compile(checkpointer=storage.checkpointer)
            config: Any = {"configurable": {"thread_id": self.thread}}
            history = [each async for each in ready.aget_state_history(config)]
            middle = history[len(history) // 2].config["configurable"]["checkpoint_id"]
            await stretto.fork(graph, self.thread, middle, storage=storage)
            told = await self._advance(graph, {}, storage)
            return (await self._answered(told, storage)).state

    async def second(self) -> Any:
        """Ask the same once more on the thread, and give the state in which that ends."""
        async with self._opened() as storage:
            result = await self._stream(self.graph, "go", storage)
            told = await report(result, self.graph, self.orders, storage)
            return (await self._answered(told, storage)).state

    async def _answered(self, told: Told, storage: Storage) -> Told:
        while told.status != "done":
            told = await self._advance(self.graph, self._answers(told.interrupts), storage)
        return told


def without_tokens(state: Any) -> Any:
    """A state without what tells one pass over a source from another: it is made by chance."""
    if not isinstance(state, dict):
        return state
    return {key: without_tokens(value) for key, value in state.items() if key != "token"}


def case_of(cell: Cell) -> Case:
    """The cell as the crash sweep names what it judges."""
    return Case(shape=str(cell), asks=0, when="before", n=0, store="sqlite")
