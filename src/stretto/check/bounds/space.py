"""All supersteps that a graph can come to, as LangGraph runs them, and which follows which.

A state is what runs next, what list edges have seen, and what is known of the fields that decide.
In a superstep each node that was triggered runs once, however often, and once more for each `Send`;
list edges wait for all of their sources; deferred nodes wait until nothing else is left.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.bounds.evaluating import Evaluator, TooMany
from stretto.check.bounds.formula import ONE, Formula, symbol
from stretto.check.bounds.known import FAILED, UNKNOWN
from stretto.check.bounds.moves import (
    Move,
    Running,
    TooLarge,
    any_of,
    declared,
    mapped,
    read_moves,
    somewhere,
    summed,
    targets,
    together,
)
from stretto.check.bounds.tracking import Values, beginning, begun_at, merged, tracked
from stretto.check.facts import START
from stretto.check.outcomes import outcomes
from stretto.check.ways import branches_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stretto.check.facts import Branch, Graph, Node

STATES = 20_000
"""How many states are looked at."""
DEEP = 4
"""How many free inputs may be multiplied."""
TOGETHER = 256
"""How many ways out of one superstep are looked at."""
_Join = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class State:
    """One superstep."""

    running: Running
    """The nodes that run, and how often each at once."""
    joined: frozenset[tuple[_Join, str]] = frozenset()
    deferred: frozenset[str] = frozenset()
    values: Values = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The nodes that run."""
        return tuple(name for name, _ in self.running)


@dataclass
class Space:
    """The states of a graph."""

    graph: Graph
    ways: Any = field(default_factory=nx.DiGraph)
    """From state to state, a networkx graph; the last ones are those with nothing running."""
    first: State = State(())
    names: tuple[str, ...] = ()
    """The tracked fields."""
    most: int = STATES
    """How many states are looked at."""
    sent_to: frozenset[str] = frozenset()
    """The nodes that are given something else than the state."""
    edges: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    branches: dict[str, list[Branch]] = field(default_factory=dict[str, "list[Branch]"])

    def explored(self) -> Space:
        """Look at all states.

        Raises:
            TooLarge: There are too many.
        """
        self.names = tracked(self.graph)
        self.sent_to = _sent_to(self.graph)
        self.branches = branches_of(self.graph)
        edges: dict[str, set[str]] = {}
        for source, to in self.graph.edges:
            edges.setdefault(source, set()).add(to)
        self.edges = {name: frozenset(to) for name, to in edges.items()}
        self.first = State(((START, ONE),), values=beginning(self.graph, self.names))
        ahead = [self.first]
        self.ways.add_node(self.first)
        while ahead:
            state = ahead.pop()
            for after in self._after(state):
                if after not in self.ways:
                    ahead.append(after)
                self.ways.add_edge(state, after)
                if self.ways.number_of_nodes() > self.most:
                    raise TooLarge
        return self

    def _after(self, state: State) -> Iterator[State]:
        if not state.running:
            return
        choices = [self._choices(name, times, state) for name, times in state.running]
        count = 1
        for each in choices:
            count *= len(each)
        if count > TOGETHER:
            raise TooLarge
        seen: set[State] = set()
        for moves in product(*choices):
            after = self._moved(state, moves)
            if after not in seen:
                seen.add(after)
                yield after

    def _choices(self, name: str, times: Formula, state: State) -> list[list[Move]]:
        """What a node may do at once: one thing, or where it runs several times, several."""
        found = list(dict.fromkeys(self._moves(name, state)))
        if times == ONE or len(found) == 1:
            return [[each] * (1 if times == ONE else 2) for each in found]
        if len(found) > 4:
            return [found]
        return [
            list(some) for size in range(1, len(found) + 1) for some in combinations(found, size)
        ]

    def _moves(self, name: str, state: State) -> Iterator[Move]:
        node = self.graph.nodes.get(name)
        writes = [Move()] if node is None else list(self._writes(node, state))
        static = Move(nodes=self.edges.get(name, frozenset()))
        for move in writes:
            if move.stops or move.alone:
                yield move
                continue
            values = merged(self.graph, state.values, _asked(move.update))
            ways = [self._chosen(branch, values) for branch in self.branches.get(name, ())]
            for chosen in product(*ways):
                each = together([move, static, *chosen])
                yield Move(move.update, self._there(each.nodes), self._sent(each.sends), each.stops)

    def _there(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(name for name in names if name in self.graph.nodes)

    def _sent(self, sends: Running) -> Running:
        return tuple((name, times) for name, times in sends if name in self.graph.nodes)

    def _writes(self, node: Node, state: State) -> Iterator[Move]:
        """What a node writes of the tracked fields, and where it goes by itself."""
        if not _is_plain(node):
            yield from self._opaque(node, state.values)
            return
        assert node.code is not None  # noqa: S101 - just seen
        try:
            given = self._evaluated(node.code, self._seen(node, state.values))
        except TooMany:
            yield from self._opaque(node, state.values)
            return
        known = frozenset(self.names)
        for each in given:
            if each is not FAILED or not node.handler:
                yield from read_moves(each, known, node)
        if node.handler:
            yield Move((), frozenset([node.handler]), alone=True)

    def _seen(self, node: Node, values: Values) -> Values:
        """What a node is given of what is known: nothing where it may be given something else."""
        if node.name in self.sent_to:
            return ()
        return _within(
            values, node.reads if node.reads is not None else _annotated(node, self.graph)
        )

    def _opaque(self, node: Node, values: Values) -> Iterator[Move]:
        writes = changed_by(node)
        touched = self.names if writes is None else [n for n in self.names if n in writes]
        update = tuple((name, UNKNOWN) for name in touched)
        if node.graph is not None:  # it gives what it was given again, and that is added
            again = dict(_within(self._seen(node, values), node.graph.input))
            added = {n for n in self.names if self.graph.fields[n].reducer} & node.graph.output
            update += tuple((n, again.get(n, UNKNOWN)) for n in sorted(added - {*touched}))
        if node.code is None and node.graph is None:
            jumps = [j for t in node.tools if t.code for j in t.code.jumps if not j.parent]
            for move in any_of({*(node.ends or ()), *(j.target for j in jumps)}, jumps):
                yield Move(update, move.nodes, move.sends)
            if node.handler:
                yield Move((), frozenset([node.handler]), alone=True)
            return
        for outcome in _own_outcomes(self.graph, node):
            sends = tuple((n, symbol(n) if n in outcome.many else ONE) for n in outcome.sent)
            yield Move(update, outcome.nodes, sends)
        if node.handler:
            yield Move((), frozenset([node.handler]), alone=True)

    def _evaluated(self, code: Any, values: Values) -> list[Any]:
        return Evaluator(code, dict(values), partial(begun_at, self.graph)).results()

    def _chosen(self, branch: Branch, values: Values) -> list[Move]:
        """Where a conditional edge may lead."""
        code = branch.code
        if code is None or code.wrapped:
            return somewhere(branch, self.graph)
        try:
            given = self._evaluated(code, _within(values, branch.reads))
        except TooMany:
            return somewhere(branch, self.graph)
        found: list[Move] = []
        for each in given:
            moves = [Move(stops=True)] if each is FAILED else None
            moves = moves or declared(each, branch) or targets(each)
            if moves is None:
                moves = somewhere(branch, self.graph)
            found += [mapped(move, branch) for move in moves]
        return list(dict.fromkeys(found)) or [Move()]

    def _moved(self, state: State, chosen: Iterable[list[Move]]) -> State:
        """The state after each running node went one of its ways."""
        values, nodes = state.values, frozenset[str]()
        sends: list[tuple[str, Formula]] = []
        for (_, times), moves in zip(state.running, chosen, strict=True):
            for move in moves:
                if move.stops:
                    return State(())
                update = _asked(move.update)
                if times != ONE and update is not None:  # how many write is not known
                    update = dict.fromkeys(update, UNKNOWN)
                values = merged(self.graph, values, update)
                nodes |= move.nodes
            for move in dict.fromkeys(moves):
                sends += [(name, count * times) for name, count in move.sends]
        joined, fired = self._joins(state)
        nodes |= fired
        held = frozenset(n for n in nodes if self.graph.nodes[n].defer)
        running = summed([*((n, ONE) for n in sorted(nodes - held)), *sends])
        if any(len(names) > DEEP for _, times in running for names, _ in times.terms):
            raise TooLarge  # what is sent to sends again, without end
        deferred = state.deferred | held
        if not running and deferred:
            running, deferred = tuple((n, ONE) for n in sorted(deferred)), frozenset()
        return State(running, joined, deferred, values)

    def _joins(self, state: State) -> tuple[frozenset[tuple[_Join, str]], frozenset[str]]:
        kept: set[tuple[_Join, str]] = set()
        fired: set[str] = set()
        for join in self.graph.joins:
            sources, target = join
            seen = {name for each, name in state.joined if each == join}
            seen |= set(state.names) & set(sources)
            if seen == set(sources):
                fired.add(target)
            else:
                kept |= {(join, name) for name in seen}
        return frozenset(kept), frozenset(fired) & frozenset(self.graph.nodes)


def changed_by(node: Node) -> frozenset[str] | None:
    """The fields that a node may change; `None` when not all are known.

    A graph that is a node gives back all of its output; what none of its own nodes writes is what
    it was given.
    """
    if node.tools and node.code is None and node.graph is None:
        return _told(node)
    if node.graph is None or node.code is not None or node.member is not None:
        return node.writes
    found: set[str] = set()
    for each in node.graph.nodes.values():
        inner = changed_by(each)
        if inner is None:
            return node.graph.output
        found |= inner
    return frozenset(found) & node.graph.output


def _told(node: Node) -> frozenset[str] | None:
    """The field of a ToolNode's messages, unless a tool may update more by a `Command`."""
    codes = [tool.code for tool in node.tools]
    if any(code is None or code.commands or not code.jumps_all for code in codes):
        return None
    runnable = getattr(node.live, "runnable", None)
    return frozenset([str(getattr(runnable, "_messages_key", "messages"))])


def _is_plain(node: Node) -> bool:
    """Whether a node is a function whose result LangGraph takes as it is."""
    plain = node.code is not None and not node.code.wrapped
    return plain and node.graph is None and node.member is None


def _asked(update: tuple[tuple[str, Any], ...] | None) -> dict[str, Any] | None:
    return None if update is None else dict(update)


def _own_outcomes(graph: Graph, node: Node) -> list[Any]:
    """Where a node goes by itself, without its edges and conditional edges."""
    from dataclasses import replace

    alone = replace(graph, edges=frozenset(), branches=())
    return list(outcomes(alone, node.name))


def _within(values: Values, reads: frozenset[str] | None) -> Values:
    """What is known of the fields that a schema has."""
    return tuple(pair for pair in values if reads is None or pair[0] in reads)


def _annotated(node: Node, graph: Graph) -> frozenset[str] | None:
    """The fields of the class that a node's parameter names, where only source was read."""
    tree = node.code.tree if node.code is not None else None
    if graph.builder is not None or tree is None or isinstance(tree, ast.Lambda):
        return None
    given = [each for each in [*tree.args.posonlyargs, *tree.args.args] if each.arg != "self"]
    told = given[0].annotation if given else None
    name = ast.unparse(told).strip("'\"").rpartition(".")[2] if told is not None else ""
    if name not in {each.name for each in graph.schemas}:
        return None if name in {"", "dict", "Any"} else frozenset()
    return frozenset(each.name for each in graph.fields.values() if name in each.schemas)


def _sent_to(graph: Graph) -> frozenset[str]:
    codes = [branch.code for branch in graph.branches]
    codes += [node.code for node in graph.nodes.values()]
    codes += [tool.code for node in graph.nodes.values() for tool in node.tools]
    jumps = [j for code in codes if code is not None for j in code.jumps if j.kind == "send"]
    return frozenset(jump.target for jump in jumps)
