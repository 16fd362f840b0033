"""Puts faults into sound graphs: copies of a `StateGraph`, and where a node can be put into it."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.constants import END, START
from langgraph.graph import StateGraph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

Builder = StateGraph[Any, Any, Any, Any]


def copied(builder: Builder) -> Builder:
    """A copy whose nodes, edges and branches can be changed; what they hold is shared."""
    made = copy(builder)
    made.nodes = {name: replace(spec) for name, spec in builder.nodes.items()}
    made.edges = set(builder.edges)
    made.waiting_edges = set(builder.waiting_edges)
    made.branches = defaultdict(dict, {k: dict(v) for k, v in builder.branches.items()})
    made.schemas = dict(builder.schemas)
    made.channels = dict(builder.channels)
    made.managed = dict(builder.managed)
    made.compiled = False
    return made


def edges(builder: Builder) -> Iterator[tuple[str, str]]:
    """Its static edges between nodes, in a fixed order."""
    yield from sorted((a, b) for a, b in builder.edges if a != START and b != END)


def inserted(builder: Builder, name: str, node: Any, **options: Any) -> Builder:
    """A copy with a node put between START and what comes first.

    Args:
        builder: The sound graph.
        name: Of the new node.
        node: What it is.
        **options: More of what `add_node` takes.
    """
    made = copied(builder)
    made.add_node(name, node, **options)
    for source, target in sorted(made.edges):
        if source == START:
            made.edges.remove((source, target))
            made.edges.add((name, target))
    made.branches[name] = made.branches.pop(START, {})
    made.edges.add((START, name))
    return made


def saved(builder: Builder) -> Pregel[Any, Any, Any, Any]:
    """Compile a graph so that what its nodes write is stored, for faults of what is stored."""
    return builder.compile(checkpointer=InMemorySaver())


def from_file(source: str, name: str, *, beside: str = "") -> Any:
    """A function that stands in a file of its own, outside of any package.

    Args:
        source: What the file holds.
        name: Of the function.
        beside: A folder that is to stand beside the file.
    """
    folder = Path(tempfile.mkdtemp(prefix="mutant"))
    file = folder / "mutant.py"
    file.write_text(source, encoding="utf-8")
    if beside:
        (folder / beside).mkdir()
    names: dict[str, Any] = {"__name__": "mutant"}
    exec(compile(source, str(file), "exec"), names)  # noqa: S102 - our own text
    return names[name]
