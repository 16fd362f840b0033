"""Where a run parts into arms that go on side by side, and in how many steps these meet."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.facts import END
from stretto.check.reading.function import targets_of
from stretto.check.reading.targets import COMMAND
from stretto.check.ways import branches_of, may_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stretto.check.facts import Branch, Function, Graph


@dataclass(frozen=True)
class Meeting:
    """A node that two arms of a fork lead to in different numbers of steps."""

    fork: str
    node: str
    shorter: int
    longer: int
    sure: bool


def uneven(graph: Graph) -> Iterator[Meeting]:
    """The nodes that run once for each of two arms, since these are not of one length."""
    found: dict[str, Meeting] = {}
    steps = _static_steps(graph)
    for name in graph.ways:
        for meeting in _static(name, steps):
            found.setdefault(meeting.node, meeting)
    ways: _Ways | None = None
    for name in graph.ways:
        sets = arms(graph, name)
        if not sets:
            continue
        ways = ways or _Ways(graph)
        for meeting in (m for arm in sets for m in _chosen(name, arm, ways, graph)):
            found.setdefault(meeting.node, meeting)
    yield from found.values()


def _static_steps(graph: Graph) -> Any:
    """The static edges; those to a node that runs last are left out, since it waits for all."""
    made: Any = nx.DiGraph()
    made.add_nodes_from(graph.ways)
    for source, target in graph.edges:
        if target in graph.nodes and not graph.nodes[target].defer:
            made.add_edge(source, target)
    return made


def _static(fork: str, steps: Any) -> Iterator[Meeting]:
    """Where static edges alone meet unevenly, the first such nodes."""
    if steps.out_degree(fork) < 2:
        return
    region = steps.subgraph({fork, *nx.descendants(steps, fork)})
    if region.in_degree(fork) or not nx.is_directed_acyclic_graph(region):
        return
    spans: dict[str, tuple[int, int]] = {}
    for name in nx.topological_sort(region):
        before = [spans[each] for each in region.predecessors(name)]
        shortest = min((low + 1 for low, _ in before), default=0)
        longest = max((high + 1 for _, high in before), default=0)
        spans[name] = shortest, longest
        if shortest != longest and all(low == high for low, high in before):
            yield Meeting(fork, name, shortest, longest, sure=True)


def arms(graph: Graph, name: str) -> list[frozenset[str]]:
    """The sets of nodes that a node may start at once, of more than one each."""
    static = {to for to in graph.ways[name].static if to != END}
    chosen = [_together(branch) for branch in branches_of(graph).get(name, ())]
    sets = [frozenset(static | one) for each in chosen for one in each]
    sets += [frozenset(static)]
    node = graph.nodes.get(name)
    if node is not None and node.code is not None and node.graph is None:
        sets += [frozenset(static | one) for one in _gone_to(node.code)]
    return list(dict.fromkeys(each for each in sets if len(each) > 1))


def _together(branch: Branch) -> Iterator[frozenset[str]]:
    """The nodes that each list a branch returns names."""
    code = branch.code
    for value in code.returns if code is not None else ():
        if code is not None and isinstance(value, ast.List | ast.Tuple):
            yield _listed(value, code, branch.ends)


def _gone_to(code: Function) -> Iterator[frozenset[str]]:
    for value in code.returns:
        if isinstance(value, ast.Call) and code.scope.dotted(value.func) in COMMAND:
            for word in value.keywords:
                if word.arg == "goto" and isinstance(word.value, ast.List | ast.Tuple):
                    yield _listed(word.value, code, None)


def _listed(
    value: ast.List | ast.Tuple, code: Function, ends: Mapping[str, str] | None
) -> frozenset[str]:
    jumps = [j for each in value.elts for j in targets_of(each, code)[0]]
    keys = ends or {}
    named = [j.target if j.kind == "send" else keys.get(j.target, j.target) for j in jumps]
    return frozenset(each for each in named if each != END)


def _certain_ways(graph: Graph) -> Any:
    """The ways between nodes; what waits for others, or is not known, counts as an end."""
    made: Any = nx.DiGraph()
    made.add_nodes_from([*graph.ways, END])
    branches = branches_of(graph)
    for name, ways in graph.ways.items():
        node = graph.nodes.get(name)
        failing = {node.handler} if node is not None else set[str]()
        for to in (ways.static | ways.chosen | ways.jumps) - failing:
            known = to in graph.nodes and not graph.nodes[to].defer
            made.add_edge(name, to if known else END)
        if ways.joined or not ways.whole or may_end(graph, name, branches.get(name, ())):
            made.add_edge(name, END)
    return made


def _chosen(fork: str, arm: frozenset[str], ways: _Ways, graph: Graph) -> Iterator[Meeting]:
    """Where two arms surely meet, and never after the same number of steps."""
    for one, other in combinations(sorted(arm & set(graph.nodes)), 2):
        if graph.nodes[one].defer or graph.nodes[other].defer:
            continue
        name = ways.meeting(one, other)
        first = ways.span(one, name, fork) if name else None
        second = ways.span(other, name, fork) if name else None
        if first is not None and second is not None:
            low, high = sorted((first, second))
            if low[1] < high[0]:
                yield Meeting(fork, name, low[0] + 1, high[0] + 1, sure=False)


class _Ways:
    """The ways between nodes, and for each node the next that all its ways lead through."""

    def __init__(self, graph: Graph) -> None:
        self.steps = _certain_ways(graph)
        self.next: dict[str, str] = dict(nx.immediate_dominators(self.steps.reverse(), END))

    def meeting(self, one: str, other: str) -> str:
        """The first node that all ways of both lead through; empty when that is the end."""
        seen = {one, other}
        first, second = one, other
        while first != END or second != END:
            if first == second:
                return first
            first, second = self.next.get(first) or END, self.next.get(second) or END
            for name in (first, second):
                if name in seen and name != END:
                    return name
            seen |= {first, second}
        return ""

    def span(self, start: str, end: str, fork: str) -> tuple[int, int] | None:
        """The fewest and most steps; `None` where the way turns back."""
        inside, ahead = {start}, [start]
        while ahead:
            name = ahead.pop()
            new = set(self.steps.successors(name)) - inside if name != end else set[str]()
            inside |= new
            ahead += new
        region = self.steps.subgraph(inside).copy()
        region.remove_edges_from(list(region.out_edges(end)))
        if fork in inside or not nx.is_directed_acyclic_graph(region):
            return None
        spans: dict[str, tuple[int, int]] = {}
        for name in nx.topological_sort(region):
            before = [spans[each] for each in region.predecessors(name)]
            spans[name] = (
                min((low + 1 for low, _ in before), default=0),
                max((high + 1 for _, high in before), default=0),
            )
        return spans[end]
