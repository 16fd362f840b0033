"""The ways through a graph as a networkx graph, for what asks about paths and loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.facts import END
from stretto.check.reading.targets import COMMAND, SEND, local_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.check.facts import Branch, Function, Graph, Node


def digraph(graph: Graph) -> Any:
    """All known ways between nodes, START and END; where nothing follows a run ends.

    Ways to nodes that are not there are left out.
    """
    made: Any = nx.DiGraph()
    made.add_nodes_from([*graph.ways, END])
    branches = branches_of(graph)
    for name, ways in graph.ways.items():
        targets = [to for to in ways.all if to in graph.nodes or to == END]
        made.add_edges_from((name, to) for to in targets)
        if may_end(graph, name, branches.get(name, ())):
            made.add_edge(name, END)
    return made


def branches_of(graph: Graph) -> dict[str, list[Branch]]:
    """The conditional edges of each node, and of START."""
    found: dict[str, list[Branch]] = {}
    for branch in graph.branches:
        found.setdefault(branch.source, []).append(branch)
    return found


def may_end(graph: Graph, name: str, branches: Iterable[Branch]) -> bool:
    """Whether nothing may follow a node.

    So it is where no edge leads on, where a branch or `goto` may name nobody, as an empty list of
    Sends does, and where the graph above is gone on with.
    """
    ways = graph.ways[name]
    node = graph.nodes.get(name)
    code = node.code if node is not None else None
    if code is not None and any(jump.parent for jump in code.jumps):
        return True
    if ways.static or ways.joined:
        return False
    if not all(_may_name_nobody(branch) for branch in branches):
        return False
    if code is None or not code.jumps:
        return ways.whole or code is not None
    return not all(_goes_on(value, code) for value in code.returns)


def _may_name_nobody(branch: Branch) -> bool:
    code = branch.code
    if code is None:
        return branch.ends is None or END not in branch.ends.values()
    return not code.hint and not all(_somebody(value, code) for value in code.returns)


def _goes_on(value: ast.expr, code: Function) -> bool:
    if not isinstance(value, ast.Call) or code.scope.dotted(value.func) not in COMMAND:
        return False
    goto = next((word.value for word in value.keywords if word.arg == "goto"), None)
    return goto is not None and _somebody(goto, code)


def _somebody(value: ast.expr, code: Function) -> bool:
    """Whether an expression always names a node, or several."""
    match value:
        case ast.IfExp(body=one, orelse=other):
            return _somebody(one, code) and _somebody(other, code)
        case ast.List(elts=values) | ast.Tuple(elts=values):
            return any(not isinstance(each, ast.Starred) for each in values)
        case ast.Call(func=func):
            return code.scope.dotted(func) in SEND
        case ast.Name(id=name) if given := local_values(code.tree).get(name):
            return all(isinstance(each, ast.Constant | ast.IfExp) for each in given)
        case _:
            return isinstance(code.scope.value(value), str | bool)


def hands_over(node: Node) -> bool:
    """Whether a node may leave its graph, and go on with the graph above."""
    code = node.code
    return code is not None and (not code.parents_all or any(j.parent for j in code.jumps))


def pauses(graph: Graph, name: str) -> bool:
    """Whether a node may wait for somebody, who can end what it is in."""
    node = graph.nodes.get(name)
    if node is None:
        return False
    if name in graph.interrupts_before | graph.interrupts_after:
        return True
    tools = (*node.tools, *(node.agent.tools if node.agent else ()))
    codes = [node.code, *(tool.code for tool in tools)]
    if any(code.interrupts or _raises_interrupt(code) for code in codes if code is not None):
        return True
    inner = node.graph
    return inner is not None and any(pauses(inner, each) for each in inner.nodes)


def _raises_interrupt(code: Function) -> bool:
    """Whether a function interrupts in the older way."""
    return any(call.name.endswith(("NodeInterrupt", "GraphInterrupt")) for call in code.calls)


def raises(node: Node) -> bool:
    """Whether a node's code has a `raise`, which may be how it leaves a loop."""
    return node.code is not None and any(
        isinstance(each, ast.Raise) for each in ast.walk(node.code.tree)
    )


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
