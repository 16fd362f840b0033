"""The ways through a graph as a networkx graph, for what asks about paths and loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.facts import END

if TYPE_CHECKING:
    from stretto.check.facts import Graph


def digraph(graph: Graph) -> Any:
    """All known ways between nodes, START and END; where nothing follows a run ends.

    Ways to nodes that are not there are left out.
    """
    made: Any = nx.DiGraph()
    made.add_nodes_from([*graph.ways, END])
    for name, ways in graph.ways.items():
        targets = [to for to in ways.all if to in graph.nodes or to == END]
        made.add_edges_from((name, to) for to in targets)
        if may_end(graph, name):
            made.add_edge(name, END)
    return made


def may_end(graph: Graph, name: str) -> bool:
    """Whether nothing may follow a node: it has no edges, and a return of it names no target."""
    ways = graph.ways[name]
    if ways.static or ways.joined or any(b.source == name for b in graph.branches):
        return False
    node = graph.nodes.get(name)
    code = node.code if node is not None and node.graph is None else None
    return (
        code is None or not code.jumps or not all(_names_a_target(value) for value in code.returns)
    )


def _names_a_target(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and any(word.arg == "goto" for word in value.keywords)


def loops(graph: Graph) -> list[frozenset[str]]:
    """The sets of nodes that lead to one another, each as large as it gets."""
    made = digraph(graph)
    return [
        frozenset(part)
        for part in nx.strongly_connected_components(made)
        if len(part) > 1 or made.has_edge(*(list(part) * 2))
    ]


def in_order(graph: Graph, names: frozenset[str]) -> list[str]:
    """Names of nodes in the order in which they were added."""
    return [name for name in graph.nodes if name in names]
