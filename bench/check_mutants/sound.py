"""Sound graphs: those of strangers, of our patterns, of the project, of the documentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.graph import StateGraph

import stretto
from bench.check_mutants.documented import documented
from bench.crash.world import World
from tests.check.handwritten import FOLDER, NAMES, handwritten
from tests.grid.cells import DEPTHS
from tests.grid.innermost import Kind, innermost
from tests.grid.shapes import PATTERNS, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

Builder = StateGraph[Any, Any, Any, Any]
ROOT = Path(__file__).parent.parent.parent
ELSEWHERE = Path("elsewhere")
"""The world of teams that are never run."""
KINDS: tuple[Kind, ...] = ("function", "policy", "agent", "typed")


@dataclass(frozen=True)
class Sound:
    """A graph without a fault."""

    name: str
    builder: Builder
    graph: Pregel[Any, Any, Any, Any] | None = None
    """What it is compiled to; `None` where whoever runs it compiles it."""
    file: Path | None = None
    """What it was written in, where that is known."""
    alone: bool = False
    """Whether nothing else is written there, so that source alone must tell the same."""

    @property
    def whole(self) -> Builder | Pregel[Any, Any, Any, Any]:
        """What its author gives to `check`."""
        return self.builder if self.graph is None else self.graph


def by_hand() -> Iterator[Sound]:
    """Those of people who never heard of us."""
    for name in NAMES:
        module = handwritten(name)
        yield Sound(
            f"by hand: {name}", module.builder, module.graph, FOLDER / f"{name}.py", alone=True
        )


def patterns() -> Iterator[Sound]:
    """Each of our patterns around an agent."""
    for name in PATTERNS:
        yield _sound(f"pattern: {name}", _built((name,), "agent"))


def nested() -> Iterator[Sound]:
    """Each of our patterns in each."""
    for number, pair in enumerate(product(PATTERNS, repeat=2)):
        yield _sound(f"nested: {'>'.join(pair)}", _built(pair, KINDS[number % len(KINDS)]))


def ours() -> Iterator[Sound]:
    """The project's own graph, and the team of the example that serves one."""
    agent = stretto.Project.find(ROOT).agent
    team = [agent("researcher")]
    rules = [stretto.answered, stretto.cited, stretto.quoted, stretto.covers]
    planned = stretto.plan(
        agent("planner"), team, agent("reviewer"), rules=rules, context=stretto.ResearchContext
    )
    yield _sound("ours: research", planned.compile(name="research"))
    served = stretto.plan(agent("planner"), team, agent("reviewer"), approve="answer")
    yield _sound("ours: serve_fastapi", served)


def on_pages() -> Iterator[Sound]:
    """What the blocks of the documentation build."""
    for name, graph, file in documented():
        yield replace(_sound(f"page: {name}", graph), file=file)


SHELVES = {
    "by hand": by_hand,
    "pattern": patterns,
    "nested": nested,
    "ours": ours,
    "page": on_pages,
}
"""Where sound graphs are taken from."""


def sound_graphs(*shelves: str, named: str = "") -> Iterator[Sound]:
    """The sound graphs of some shelves, or of all.

    Args:
        *shelves: Keys of `SHELVES`; none for all.
        named: What their names must hold.
    """
    for shelf in shelves or SHELVES:
        yield from (each for each in SHELVES[shelf]() if named in each.name)


def _built(names: tuple[str, ...], kind: Kind) -> Any:
    world = World(ELSEWHERE)
    thing: Any = innermost(world, kind, "none", lambda _: None)
    for depth in reversed(range(len(names))):
        built = PATTERNS[names[depth]].build(Level(DEPTHS[depth], world, thing))
        thing = built if depth == 0 else stretto.member(built, name=DEPTHS[depth])
    return thing


def _sound(name: str, made: Any) -> Sound:
    if isinstance(made, StateGraph):
        return Sound(name, made)
    return Sound(name, made.builder, made)
