"""Which nodes may run in one superstep: a walk through the supersteps that a graph can have.

What is told is possible as far as the graph's own choices are free. Where two nodes that run side
by side both choose, they may well choose alike (by the same field of the state), so nothing is said
of what one chooses beside what the other does. Hence a pair may be missed, never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from stretto.check.facts import START
from stretto.check.outcomes import Outcome, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.facts import Graph

Pair = frozenset[str]
STEPS = 2000
"""How many different supersteps are looked at."""
_Join = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Concurrency:
    """What may run in one superstep of a graph."""

    pairs: frozenset[Pair]
    """Two nodes that may."""
    sure: frozenset[Pair]
    """Two that do whenever the graph comes to the fork before them."""
    many: frozenset[str]
    """Nodes that may run several times at once, each for a `Send` of its own."""
    whole: bool
    """Whether all supersteps were looked at."""


@dataclass(frozen=True)
class _Step:
    """The nodes of one superstep, and what waits for later ones."""

    running: frozenset[str]
    joined: frozenset[tuple[_Join, str]] = frozenset()
    """Sources of a join that have run."""
    deferred: frozenset[str] = frozenset()
    many: frozenset[str] = frozenset()
    chosen: bool = False
    """Whether something was chosen since there was only one way through the graph."""
    partial: bool = False
    """Whether nodes were left out that run, too."""

    @property
    def ways(self) -> int:
        """How much goes on side by side."""
        return len(self.running) + len({join for join, _ in self.joined}) + len(self.deferred)


@dataclass
class _Walk:
    graph: Graph
    known: dict[str, tuple[Outcome, ...]] = field(default_factory=dict[str, "tuple[Outcome, ...]"])
    pairs: set[Pair] = field(default_factory=set[Pair])
    sure: set[Pair] = field(default_factory=set[Pair])
    many: set[str] = field(default_factory=set[str])

    def all(self) -> Concurrency:
        """Walk through all supersteps."""
        ahead, seen = [_Step(frozenset([START]))], set[_Step]()
        while ahead and len(seen) < STEPS:
            step = ahead.pop()
            if step in seen:
                continue
            seen.add(step)
            self._note(step)
            ahead += self._next(step)
        return Concurrency(
            frozenset(self.pairs), frozenset(self.sure), frozenset(self.many), not ahead
        )

    def _note(self, step: _Step) -> None:
        found = {frozenset(pair) for pair in combinations(step.running, 2)}
        self.pairs |= found
        if not step.chosen:
            self.sure |= found
        self.many |= step.many

    def _outcomes(self, name: str) -> tuple[Outcome, ...]:
        if name not in self.known:
            self.known[name] = outcomes(self.graph, name)
        return self.known[name]

    def _next(self, step: _Step) -> Iterator[_Step]:
        choosing = [name for name in step.running if len(self._outcomes(name)) > 1]
        fixed = [name for name in step.running if name not in choosing]
        if not choosing:
            yield from self._after(step, fixed, [], partial=False)
        for name in choosing:
            alone = len(choosing) > 1 or (step.chosen and step.ways > 1)
            for outcome in self._outcomes(name):
                beside = [] if alone and step.chosen else fixed
                yield from self._after(step, beside, [(name, outcome)], partial=alone)

    def _after(
        self,
        step: _Step,
        fixed: Iterable[str],
        chosen: list[tuple[str, Outcome]],
        *,
        partial: bool,
    ) -> Iterator[_Step]:
        """The superstep after one, when its nodes go on in certain ways."""
        going = [*((name, self._outcomes(name)[0]) for name in fixed if self._outcomes(name))]
        going += chosen
        first: set[str] = set()
        many: set[str] = set()
        sent: set[str] = set()
        for name, outcome in going:
            several = outcome.sent if name in step.many else outcome.sent & sent
            many |= outcome.many | several
            sent |= outcome.sent
            first |= outcome.all
        dropped = partial or step.partial
        joined, fired = self._joins(step, {name for name, _ in going}, dropped=partial)
        first |= fired
        held = {n for n in first if n in self.graph.nodes and self.graph.nodes[n].defer} - sent
        running = first - held
        deferred = step.deferred | held
        if dropped or (deferred and sent):
            deferred = frozenset[str]()
        elif not running:
            running, deferred = set(deferred), frozenset()
        if not running:
            return
        made = _Step(frozenset(running), joined, frozenset(deferred), frozenset(many))
        busy = made.ways > 1 or bool(many)
        yield _Step(
            made.running,
            made.joined,
            made.deferred,
            made.many,
            chosen=busy and (step.chosen or bool(chosen)),
            partial=dropped,
        )

    def _joins(
        self, step: _Step, ran: set[str], *, dropped: bool
    ) -> tuple[frozenset[tuple[_Join, str]], set[str]]:
        """What is known of the joins after a superstep, and the nodes that they let run."""
        before = frozenset() if dropped else step.joined
        kept: set[tuple[_Join, str]] = set()
        fired: set[str] = set()
        for join in self.graph.joins:
            sources, target = join
            seen = {name for each, name in before if each == join} | (ran & set(sources))
            if seen == set(sources):
                fired.add(target)
            else:
                kept |= {(join, name) for name in seen}
        return frozenset(kept), fired & set(self.graph.nodes)


def concurrency(graph: Graph) -> Concurrency:
    """Tell what may run in one superstep of a graph."""
    return _Walk(graph).all()


def together(graph: Graph) -> frozenset[Pair]:
    """The pairs of nodes that may run in one superstep."""
    return concurrency(graph).pairs


def many(graph: Graph) -> frozenset[str]:
    """The nodes that may run several times in one superstep."""
    return concurrency(graph).many
