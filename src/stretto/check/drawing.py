"""Draws a counterexample: a graph as mermaid, the nodes of a path marked."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from stretto.check.facts import END, START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.check.facts import Graph


def mermaid(graph: Graph, path: Sequence[str]) -> str:
    """A graph as mermaid text, with the ways of a path numbered and its nodes marked.

    Args:
        graph: The graph.
        path: Names of nodes in their order.
    """
    ids = {name: f"n{at}" for at, name in enumerate([START, *graph.nodes, END])}
    steps: dict[tuple[str, str], list[str]] = {}
    for at, pair in enumerate(pairwise(path), 1):
        steps.setdefault(pair, []).append(str(at))
    lines = ["graph TD"]
    lines += [f'  {ids[name]}["{_shown(name)}"]' for name in ids]
    for name, ways in graph.ways.items():
        for to in sorted(ways.all & set(ids)):
            sure = to in ways.static
            label = f"|{', '.join(steps[name, to])}|" if (name, to) in steps else ""
            lines.append(f"  {ids[name]} {'-->' if sure else '-.->'}{label} {ids[to]}")
    marked = [ids[name] for name in dict.fromkeys(path) if name in ids]
    if marked:
        lines += [
            "  classDef path stroke:#c00,stroke-width:3px",
            f"  class {','.join(marked)} path",
        ]
    return "\n".join(lines)


def _shown(name: str) -> str:
    return {START: "START", END: "END"}.get(name, name.replace('"', "'"))
