"""How every run of a graph begins, and what may come after what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.check.facts import START

if TYPE_CHECKING:
    from stretto.check.facts import Graph, Node


def beginning(graph: Graph) -> list[str]:
    """The nodes that every run begins with, one after the other, up to the first that may pause."""
    found: list[str] = []
    name = START
    while True:
        ways = graph.ways[name]
        if not ways.whole or len(ways.all) != 1 or ways.joined or ways.chosen or ways.jumps:
            return found
        (name,) = ways.all
        if name not in graph.nodes or name in found or name in graph.interrupts_before:
            return found
        if asks(graph.nodes[name]):
            return found
        found.append(name)
        if name in graph.interrupts_after:
            return found


def asks(node: Node) -> bool:
    """Whether a node, or a graph within it, may be interrupted by its own code."""
    graphs = node.graph.below() if node.graph is not None else ()
    inner = [each for graph in graphs for each in graph.nodes.values()]
    return any(each.code is not None and each.code.interrupts for each in [node, *inner])


def after(graph: Graph, name: str) -> frozenset[str]:
    """The nodes that may run after a node: itself, too, where it is in a loop.

    Ways that could not be read are not among them.
    """
    found: set[str] = set()
    ahead = [name]
    while ahead:
        ways = graph.ways.get(ahead.pop())
        more = (ways.all if ways is not None else frozenset[str]()) - found
        found |= more
        ahead += more
    return frozenset(found & set(graph.nodes))
