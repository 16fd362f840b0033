"""The moments a graph may be in: which nodes go on together, and what joins have heard of.

LangGraph runs all pending nodes in a step, then those that they started. A thread that is paused is
in one of these moments; what the new version has of it decides whether it can go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations, product
from typing import TYPE_CHECKING, TypeAlias

from langgraph.constants import END, START

from stretto.check.choices import choices

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stretto.check.choices import Choice
    from stretto.check.facts import Graph

Join: TypeAlias = tuple[tuple[str, ...], str]
_MOST = 1500
"""Moments that are gone through; a graph with more is not told apart."""
_MOST_TARGETS = 5
"""Targets of a branch that may start any of them together."""
_MOST_WAYS = 300
"""Ways in which the nodes of one moment may go on."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Between two steps of a graph."""

    pending: frozenset[str]
    """The nodes that go on."""
    arrived: frozenset[tuple[Join, str]] = frozenset()
    """What list edges have heard of, while they wait for others."""


class Unclear(Exception):
    """There are too many moments, or it is not known where a node leads to."""


class Moves:
    """How a graph goes from one moment to the next.

    Raises (all of its methods):
        Unclear: They cannot be gone through.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._choices = choices(graph, joined=False)
        self._ended: dict[str, list[frozenset[str]]] = {}

    def of_run(self) -> frozenset[Moment]:
        """All moments that a run from its start may be in."""
        return self.after(self._next(frozenset({START}), Moment(frozenset())))

    def after(self, first: Iterable[Moment]) -> frozenset[Moment]:
        """These moments and all that may follow."""
        seen = set(first)
        ahead = list(seen)
        while ahead:
            now = ahead.pop()
            for each in self._next(self.running(now), now):
                if each not in seen:
                    seen.add(each)
                    ahead.append(each)
            if len(seen) > _MOST:
                raise Unclear
        return frozenset(seen)

    def running(self, moment: Moment) -> frozenset[str]:
        """The pending nodes that work in the next step; those that run last wait for the others."""
        here = moment.pending & frozenset(self._graph.nodes)
        last = frozenset(name for name in here if self._graph.nodes[name].defer)
        return here - last or last

    def twice(self) -> frozenset[str]:
        """The nodes that may run several times in one step."""
        unsure = [each for made in self._choices.values() for each in made if not each.sure]
        return frozenset().union(*(each.targets for each in unsure))

    def _next(self, running: frozenset[str], now: Moment) -> Iterator[Moment]:
        if not running:
            return
        left = now.pending - running
        heard = set(now.arrived)
        for join in self._graph.joins:
            heard |= {(join, name) for name in running & frozenset(join[0])}
        full = {j for j in self._graph.joins if all((j, s) in heard for s in j[0])}
        begun = frozenset(target for _, target in full if target != END)
        arrived = frozenset(each for each in heard if each[0] not in full)
        ways = [self._ends(name) for name in sorted(running)]
        count = 1
        for each in ways:
            count *= len(each)
        if count > _MOST_WAYS:
            raise Unclear
        for made in product(*ways):
            yield Moment(left.union(begun, *made) - {END}, arrived)

    def _ends(self, name: str) -> list[frozenset[str]]:
        """The sets of nodes that a node may start, one of them each time."""
        if name not in self._ended:
            if not self._graph.ways[name].whole:
                raise Unclear
            options = [_options(each) for each in self._choices.get(name, ())]
            made = {frozenset[str]().union(*each) for each in product(*options)}
            self._ended[name] = sorted(made, key=sorted)
        return self._ended[name]


def _options(choice: Choice) -> list[frozenset[str]]:
    if choice.sure:
        return list(choice.options) or [frozenset()]
    targets = sorted(choice.targets)
    if len(targets) > _MOST_TARGETS:
        raise Unclear
    sizes = range(len(targets) + 1)
    return [frozenset(each) for each in chain(*(combinations(targets, n) for n in sizes))]


def stuck(moments: Iterable[Moment]) -> frozenset[Join]:
    """The list edges that still wait when nothing goes on any more."""
    return frozenset(join for m in moments if not m.pending for join, _ in m.arrived)


def reached(
    graph: Graph, names: Iterable[str], *, past: Mapping[str, bool] | None = None
) -> set[str]:
    """The nodes that some lead to, themselves included.

    Args:
        graph: The facts of the graph.
        names: Where to begin; unknown ones are left out.
        past: Nodes that are not gone through, though they are reached.
    """
    stops = past or {}
    found: set[str] = set()
    ahead = [name for name in names if name in graph.ways]
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.add(name)
        if stops.get(name):
            continue
        ways = graph.ways[name]
        ahead += [to for to in ways.all if to in graph.nodes]
        if not ways.whole:
            ahead += list(graph.nodes)
    return found
