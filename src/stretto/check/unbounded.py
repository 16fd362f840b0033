"""Loops and agents that nothing bounds but the recursion limit, where that is left as it is."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.facts import END, START
from stretto.check.model_calls import model_calls
from stretto.check.reading.source_files import read
from stretto.check.ways import branches_of, in_order, pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Agent, Branch, Function, Graph, Node

LARGE = 9999
"""The recursion limit of `create_agent`; LangGraph's own is 10007. From here on it is no bound."""
HARMLESS = frozenset({
    "ModelRetryMiddleware", "ModelFallbackMiddleware", "ToolRetryMiddleware", "ToolErrorMiddleware",
    "SummarizationMiddleware", "ContextEditingMiddleware", "TodoListMiddleware", "PIIMiddleware",
    "LLMToolSelectorMiddleware", "ProviderToolSearchMiddleware", "LLMToolEmulator",
    "FilesystemFileSearchMiddleware", "ShellToolMiddleware",
})  # fmt: skip
"""Middleware that never ends an agent's work; ours is for runs of ours, which have limits."""
_TAKES = frozenset({"pop", "popleft", "popitem", "remove", "discard", "difference", "next", "len"})
"""What makes a list shorter, takes the next of it, or counts it."""
_DEPTH = 3
_LIBRARY = re.compile(r"site-packages|stretto/check/rules")
"""Files that nobody runs a graph in: of packages, and of what puts faults into graphs."""


@dataclass(frozen=True)
class Unbounded:
    """A loop, or an agent, that may go on for as long as the default limit allows."""

    graph: Graph
    names: tuple[str, ...]
    """The nodes of the loop, or the one that holds the agent."""
    model: str = ""
    """The node that calls a model; empty when none does."""
    agent: Agent | None = None


def unbounded(graph: Graph) -> Iterator[Unbounded]:
    """Tell what nothing bounds in a graph and in those within it.

    Args:
        graph: One that no other contains; a limit that is set there counts within, too.
    """
    if graph.path or not graph.compiled or _set(graph) or mentioned(graph):
        return
    yield from _within(graph)


def _within(graph: Graph) -> Iterator[Unbounded]:
    if graph.agent is not None and "tools" in graph.nodes and not _is_bounded(graph.agent):
        name = "model" if "model" in graph.nodes else "agent"
        yield Unbounded(graph, (name,), name, graph.agent)
    yield from _loops(graph)
    for node in graph.nodes.values():
        if node.member is not None or _limits_itself(node):
            continue
        if node.graph is not None and not _set(node.graph):
            yield from _within(node.graph)
        elif node.agent is not None and node.agent.tools and not _is_bounded(node.agent):
            yield Unbounded(graph, (node.name,), node.name, node.agent)


def _set(graph: Graph) -> bool:
    """Whether a graph has a limit of its own that bounds it."""
    return graph.recursion_limit is not None and graph.recursion_limit < LARGE


def mentioned(graph: Graph) -> bool:
    """Whether whoever runs the graph in the file that builds it gives a limit there."""
    files = {graph.file, graph.place.file if graph.place is not None else ""}
    found = [read(each) for each in files if each and not _LIBRARY.search(each)]
    return any("recursion_limit" in each.text for each in found if each is not None)


def _limits_itself(node: Node) -> bool:
    """Whether the code of a node gives the graph it runs a limit."""
    return node.code is not None and "recursion_limit" in ast.unparse(node.code.tree)


def _is_bounded(agent: Agent) -> bool:
    """Whether something bounds an agent, or may do so."""
    direct = [getattr(tool.live, "return_direct", False) for tool in agent.tools]
    if agent.spec is not None or agent.max_calls is not None or (direct and all(direct)):
        return True
    names = [_name(each) for each in agent.middleware]
    return not all(name in HARMLESS for name in names)


def _name(middleware: Any) -> str:
    if isinstance(middleware, str):
        return middleware.rpartition(".")[2]
    kind = type(middleware)
    return kind.__name__ if kind.__module__.startswith(("langchain.", "stretto.")) else ""


def _loops(graph: Graph) -> Iterator[Unbounded]:
    """The loops of a graph in which nobody is asked and nothing is counted."""
    made: Any = nx.DiGraph()
    for name, ways in graph.ways.items():
        if name != START and not pauses(graph, name):
            to = [each for each in ways.all if each in graph.nodes and not pauses(graph, each)]
            made.add_edges_from((name, each) for each in to)
    branches = branches_of(graph)
    for part in nx.strongly_connected_components(made):
        if len(part) == 1 and not made.has_edge(*(list(part) * 2)):
            continue
        names = in_order(graph, frozenset(part))
        chosen = [branch for name in names for branch in branches.get(name, ())]
        if _goes_on_unheeded(graph, names, chosen):
            yield Unbounded(graph, tuple(names), _asking(graph, names))


def _goes_on_unheeded(graph: Graph, names: list[str], branches: list[Branch]) -> bool:
    """Whether all of a loop's code could be read, it has a way out, and it counts nothing."""
    nodes = [graph.nodes[name] for name in names]
    if not all(graph.ways[name].whole and _is_read(graph.nodes[name]) for name in names):
        return False
    if any(branch.code is None and not _asks_for_tools(branch) for branch in branches):
        return False
    leaves = any(to not in names for name in names for to in graph.ways[name].all | {END})
    codes = [node.code for node in nodes] + [branch.code for branch in branches]
    return leaves and not any(counts(code) for code in codes if code is not None)


def _asks_for_tools(branch: Branch) -> bool:
    """Whether it is LangGraph's `tools_condition`, which leads on as long as tools are called."""
    ends = set((branch.ends or {}).values())
    return branch.name == "tools_condition" or (END in ends and len(ends) == 2)


def _is_read(node: Node) -> bool:
    if node.member is not None or node.opaque or node.handler or node.is_handler:
        return False
    if node.code is not None:
        return not node.code.wrapped
    return bool(node.tools) or node.agent is not None or node.graph is not None


def _asking(graph: Graph, names: list[str]) -> str:
    """The first of some nodes that calls a model."""
    for name in names:
        node = graph.nodes[name]
        agents = node.agent is not None or _has_agent(node.graph)
        if agents or model_calls(node):
            return name
    return ""


def _has_agent(graph: Graph | None) -> bool:
    if graph is None:
        return False
    inner = graph.nodes.values()
    return graph.agent is not None or any(n.agent or model_calls(n) for n in inner)


def counts(code: Function, depth: int = 0, *, raising: bool = True) -> bool:
    """Whether a function compares amounts, takes from a list, or looks what is left.

    Args:
        code: The function.
        depth: How many calls lead to it.
        raising: Whether a `raise` counts, too.
    """
    for node in ast.walk(code.tree):
        if (raising and isinstance(node, ast.Raise)) or _is_count(node):
            return True
    called = [code.scope.function(c.tree.func) for c in code.calls if not c.within]
    known = [each for each in called if each is not None]
    return depth < _DEPTH and any(counts(each, depth + 1, raising=raising) for each in known)


def _is_count(node: ast.AST) -> bool:
    match node:
        case ast.Compare(ops=ops, left=left, comparators=[right, *_]):
            found = _compares(ops[0], left, right)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            found = name in _TAKES
        case ast.Constant(value=str() as text):
            found = text in {"remaining_steps", "is_last_step"}
        case ast.comprehension(ifs=ifs):
            found = bool(ifs)
        case _:
            found = _takes(node)
    return found


def _takes(node: ast.AST) -> bool:
    match node:
        case ast.Starred(ctx=ast.Store()) | ast.Delete() | ast.MatchStar():
            return True
        case ast.Subscript(slice=ast.Slice(lower=ast.Constant())):
            return True
        case ast.BinOp(op=ast.Sub() | ast.Mod()):
            return True
        case _:
            return False


def _compares(how: ast.cmpop, left: ast.expr, right: ast.expr) -> bool:
    match how:
        case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE():
            return True
        case ast.NotIn():
            return not isinstance(left, ast.Constant)
        case ast.Eq() | ast.NotEq():
            text = isinstance(right, ast.Constant) and isinstance(right.value, str | bool)
            return not text
        case _:
            return False
