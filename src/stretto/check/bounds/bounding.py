"""The bounds of a graph: the costliest way through its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.bounds.agents import of_agent
from stretto.check.bounds.costs import cost_of, declared_runs
from stretto.check.bounds.formula import NOTHING, ONE, Formula, endless, number, symbol, total
from stretto.check.bounds.moves import TooLarge
from stretto.check.bounds.space import Space
from stretto.check.bounds.tracking import assumed
from stretto.check.facts import START
from stretto.check.reading.agents import agent_in
from stretto.check.reading.compiled import read_graph
from stretto.check.ways import digraph, in_order, loops
from stretto.patterns.runs import TOGETHER_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from langgraph.graph import StateGraph
    from langgraph.pregel import Pregel

    from stretto.check.bounds.space import State
    from stretto.check.bounds.spent import Cost
    from stretto.check.facts import Graph


NO_LIMIT = 9999
"""A recursion limit from which on it bounds nothing: LangChain's and LangGraph's defaults."""


@dataclass(frozen=True)
class Bounds:
    """What one run of a graph, from its input to its end, comes to at most."""

    graph: str
    supersteps: Formula
    """Of the graph itself and of those within it."""
    own_supersteps: Formula
    """Of the graph itself: what its recursion limit counts."""
    node_runs: Formula
    """Runs of nodes, attempts and nodes of graphs within included."""
    model_calls: Formula
    tool_calls: Formula
    seconds: Formula
    """By the timeouts of nodes."""
    loop: tuple[str, ...] = ()
    """The loop that makes it unbounded; empty where there is none."""
    assumptions: tuple[str, ...] = ()
    """What is taken for granted of the input."""
    unknown: tuple[str, ...] = ()
    """What could not be looked into: the bounds are then without it."""
    exact: bool = True
    """Whether all states were looked at; else the bounds are as high as the number of ways."""

    def usd(self, price_of_call: float | None) -> Formula:
        """Money, where each model call costs at most as much as that."""
        if price_of_call is None:
            return endless("no price and no token limits are given")
        return self.model_calls * number(price_of_call)


def bounds(
    graph: StateGraph[Any, Any, Any, Any] | Pregel[Any, Any, Any, Any], *, name: str = ""
) -> Bounds:
    """Tell what one run of a graph comes to at most, without running it.

    A run goes from an input to the end; what a person's answer makes run again is not counted.

    Args:
        graph: A `StateGraph` or what it was compiled to.
        name: What to call it.
    """
    return bounds_of(read_graph(graph, name=name))


def bounds_of(graph: Graph) -> Bounds:
    """Tell the bounds of a graph whose facts are known."""
    agent = agent_in(graph) if graph.live is not None else None
    if agent is not None:
        cost = of_agent(agent, graph, getattr(agent.spec, "policy", None))
        found = {pick: getattr(cost, pick) for pick in ("node_runs", "model_calls", "tool_calls")}
        no_time = endless("an agent's nodes have no timeouts")
        return _made(graph, cost.supersteps, NOTHING, found, no_time, unknown=cost.unknown)
    costs = {name: cost_of(node, bounds_of) for name, node in graph.nodes.items()}
    unknown = tuple(dict.fromkeys(u for cost in costs.values() for u in cost.unknown))
    if graph.nodes and any(declared_runs(node) is not None for node in graph.nodes.values()):
        return _declared(graph, costs, unknown)
    try:
        space = Space(graph).explored()
    except TooLarge:
        return _coarse(graph, costs, unknown)
    return _exact(graph, space, costs, unknown)


def _exact(
    graph: Graph, space: Space, costs: Mapping[str, Cost], unknown: tuple[str, ...]
) -> Bounds:
    def most(weight: Callable[[State], Formula]) -> tuple[Formula, tuple[str, ...]]:
        return _costliest(graph, space, weight)

    def of(pick: Callable[[Cost], Formula]) -> Callable[[State], Formula]:
        return lambda state: total(
            pick(costs[name]) * times for name, times in state.running if name != START
        )

    own, loop = most(lambda state: ONE if state.running and START not in state.names else NOTHING)
    inner, _ = most(of(lambda cost: cost.supersteps))
    seconds, _ = most(lambda state: _slowest(state, costs))
    found = {
        pick: most(of(lambda cost, pick=pick: getattr(cost, pick)))[0]  # type: ignore[misc]
        for pick in ("node_runs", "model_calls", "tool_calls")
    }
    return _made(
        graph, own, inner, found, seconds, loop=loop, unknown=unknown,
        assumptions=tuple(assumed(graph, space.names)),
    )  # fmt: skip


def _slowest(state: State, costs: Mapping[str, Cost]) -> Formula:
    slowest = NOTHING
    for name, _ in state.running:
        if name != START:
            slowest = slowest.most(costs[name].seconds)
    return slowest


def _costliest(
    graph: Graph, space: Space, weight: Callable[[State], Formula]
) -> tuple[Formula, tuple[str, ...]]:
    """The weight of the heaviest way from the first state, and the loop where there is none."""
    whole: Any = nx.condensation(space.ways)
    best: dict[int, Formula] = {}
    loop: tuple[str, ...] = ()
    for part in reversed(list(nx.topological_sort(whole))):
        members: set[State] = whole.nodes[part]["members"]
        here = NOTHING
        for state in members:
            here = here.most(weight(state))
        state = next(iter(members))
        again = len(members) > 1 or space.ways.has_edge(state, state)
        if again and here:
            names = frozenset(n for each in members for n in each.names if n in graph.nodes)
            loop = tuple(in_order(graph, names))
            here = _limited(graph, here, loop)
        after = NOTHING
        for following in whole.successors(part):
            after = after.most(best[following])
        best[part] = here + after
    first = whole.graph["mapping"][space.first]
    return best[first], loop if best[first].endless else ()


def _limited(graph: Graph, here: Formula, loop: tuple[str, ...]) -> Formula:
    """What a loop comes to: as much as a recursion limit lets it, where one is set."""
    if graph.recursion_limit and graph.recursion_limit < NO_LIMIT and not here.endless:
        return here * number(graph.recursion_limit)
    return endless(f"nothing bounds the loop {' -> '.join([*loop, *loop[:1]])}")


def _declared(graph: Graph, costs: Mapping[str, Cost], unknown: tuple[str, ...]) -> Bounds:
    """The bounds of a pattern, which says itself how often its nodes run."""
    groups: dict[str, list[str]] = {}
    for name, node in graph.nodes.items():
        shared = node.metadata.get(TOGETHER_KEY)
        groups.setdefault(f"together {shared}" if shared else name, []).append(name)
    runs = [declared_runs(graph.nodes[names[0]]) or ONE for names in groups.values()]
    parts = [
        _dearest([costs[name] for name in names]).times(often)
        for names, often in zip(groups.values(), runs, strict=True)
    ]
    found = {
        pick: total(getattr(part, pick) for part in parts)
        for pick in ("node_runs", "model_calls", "tool_calls")
    }
    inner = total(part.supersteps for part in parts)
    seconds = total(part.seconds for part in parts)
    return _made(graph, total(runs), inner, found, seconds, unknown=unknown)


def _dearest(costs: list[Cost]) -> Cost:
    """What any one of several comes to at most."""
    dearest = costs[0]
    for each in costs[1:]:
        dearest = dearest.most(each)
    return dearest


def _coarse(graph: Graph, costs: Mapping[str, Cost], unknown: tuple[str, ...]) -> Bounds:
    """Bounds of a graph with too many states: each node runs once for each run before it."""
    if not all(ways.whole for ways in graph.ways.values()):
        return _all_endless(graph, "not all of its ways are known", (), unknown)
    if rounds := loops(graph):
        loop = tuple(in_order(graph, rounds[0]))
        return _all_endless(graph, f"nothing is known to bound {', '.join(loop)}", loop, unknown)
    made = digraph(graph)
    runs: dict[str, Formula] = {START: ONE}
    depth: dict[str, int] = {START: 0}
    for name in nx.topological_sort(made):
        before = [each for each in made.predecessors(name) if each in runs]
        if name in graph.nodes and before:
            runs[name] = total(runs[each] * _triggers(graph, each, name) for each in before)
            depth[name] = 1 + max(depth[each] for each in before)
    parts = {name: costs[name].times(runs[name]) for name in graph.nodes if name in runs}
    found = {
        pick: total(getattr(part, pick) for part in parts.values())
        for pick in ("node_runs", "model_calls", "tool_calls")
    }
    waits = any(node.defer for node in graph.nodes.values())
    own = total(runs[name] for name in parts) if waits else number(max(depth.values()))
    inner = total(part.supersteps for part in parts.values())
    seconds = total(part.seconds for part in parts.values())
    return _made(graph, own, inner, found, seconds, unknown=unknown, exact=False)


def _triggers(graph: Graph, source: str, target: str) -> Formula:
    """How often one run of a node makes another run: once, and as often as it is sent to."""
    codes = [branch.code for branch in graph.branches if branch.source == source]
    if source in graph.nodes:
        node = graph.nodes[source]
        codes += [node.code, *(tool.code for tool in node.tools)]
    jumps = [j for code in codes if code is not None for j in code.jumps if j.target == target]
    sent = any(jump.kind == "send" for jump in jumps)
    return ONE + symbol(target) if sent else ONE


def _all_endless(graph: Graph, why: str, loop: tuple[str, ...], unknown: tuple[str, ...]) -> Bounds:
    no = endless(why)
    found = {"node_runs": no, "model_calls": no, "tool_calls": no}
    return _made(graph, no, no, found, no, loop=loop, unknown=unknown, exact=False)


def _made(
    graph: Graph,
    own: Formula,
    inner: Formula,
    found: Mapping[str, Formula],
    seconds: Formula,
    *,
    loop: tuple[str, ...] = (),
    assumptions: tuple[str, ...] = (),
    unknown: Iterable[str] = (),
    exact: bool = True,
) -> Bounds:
    return Bounds(
        graph=graph.title,
        supersteps=own + inner,
        own_supersteps=own,
        node_runs=found["node_runs"],
        model_calls=found["model_calls"],
        tool_calls=found["tool_calls"],
        seconds=seconds,
        loop=loop,
        assumptions=assumptions,
        unknown=tuple(unknown),
        exact=exact,
    )
