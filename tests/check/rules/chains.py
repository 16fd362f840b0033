"""Graphs of a few nodes, and what one rule finds in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph

from stretto.check import check

if TYPE_CHECKING:
    from stretto.check import Finding


def chain(schema: Any, *nodes: Any, **options: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph that runs nodes one after the other, each named after its function.

    Args:
        schema: Of its state.
        *nodes: Functions.
        **options: More of what `StateGraph` takes.
    """
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(schema, **options)
    builder.add_sequence(nodes)
    builder.add_edge(START, nodes[0].__name__)
    builder.add_edge(nodes[-1].__name__, END)
    return builder


def fork(schema: Any, *nodes: Any, **options: Any) -> StateGraph[Any, Any, Any, Any]:
    """A graph that runs nodes side by side."""
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(schema, **options)
    for node in nodes:
        builder.add_node(node)
        builder.add_edge(START, node.__name__)
        builder.add_edge(node.__name__, END)
    return builder


def found(graph: Any, code: str) -> list[Finding]:
    """What one rule finds."""
    return [finding for finding in check(graph, advice=True) if finding.code == code]


def keys(graph: Any, code: str) -> list[str]:
    """The fields that one rule names."""
    return sorted(finding.key for finding in found(graph, code))
