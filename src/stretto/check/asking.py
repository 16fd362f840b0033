"""Where a graph asks somebody: its interrupts, those of its tools, and of graphs within."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Call, Function, Graph, Node

RUNS = ("invoke", "ainvoke", "stream", "astream")
"""How a graph is run in code."""
ASKING_MIDDLEWARE = "HumanInTheLoopMiddleware"


def asks(graph: Graph) -> bool:
    """Whether a graph has an interrupt anywhere, those of graphs within it included."""
    return any(node_asks(node) for node in graph.nodes.values())


def node_asks(node: Node) -> bool:
    """Whether a node has an interrupt: in its code, its tools or its graph."""
    if node.name.startswith(f"{ASKING_MIDDLEWARE}."):
        return True
    if node.code is not None and node.code.interrupts:
        return True
    tools = [*node.tools, *(node.agent.tools if node.agent is not None else ())]
    if any(tool.code is not None and tool.code.interrupts for tool in tools):
        return True
    if node.agent is not None and any(map(asks_for_tools, node.agent.middleware)):
        return True
    return node.graph is not None and asks(node.graph)


def asks_for_tools(middleware: Any) -> bool:
    """Whether a middleware puts tool calls to a person; it may be known by its name alone."""
    if isinstance(middleware, str):
        return middleware.endswith(ASKING_MIDDLEWARE)
    if type(middleware).__name__ != ASKING_MIDDLEWARE:
        return False
    return any(dict(getattr(middleware, "interrupt_on", None) or {}).values())


def asking_calls(node: Node) -> Iterator[Call]:
    """The calls of a node's code in which it stops to ask."""
    if node.code is None:
        return
    yield from node.code.interrupts
    if node.graph is not None and asks(node.graph):
        yield from _runs_of(node.graph, node.code)


def _runs_of(graph: Graph, code: Function) -> Iterator[Call]:
    found = [
        call
        for call in code.calls
        if not call.within
        and isinstance(call.tree.func, ast.Attribute)
        and call.tree.func.attr in RUNS
    ]
    for call in found:
        func = call.tree.func
        named = code.scope.value(func.value) if isinstance(func, ast.Attribute) else None
        if len(found) == 1 or (graph.live is not None and named is graph.live):
            yield call
