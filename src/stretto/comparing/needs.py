"""What nodes read of the state for sure, and whether a thread that waits has it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from langgraph.constants import START
from pydantic import BaseModel

from stretto.comparing.moments import reached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node


def missing(old: Graph, new: Graph, name: str) -> Iterator[str]:
    """The fields that the new version reads for sure from a node on, and a thread may not have.

    What the old version would have missed there just as well is left out.

    Args:
        old: The facts of the version that the thread waits in.
        new: The facts of the version that is to go on with it.
        name: The node that the thread waits in; both have it.
    """
    for field in sorted(new.fields):
        if new.fields[field].has_default or new.fields[field].managed:
            continue
        if not _lacks(new, name, field) or _has(old, name, field):
            continue
        if field in old.fields and _lacks(old, name, field):
            continue
        yield field


def unsure(old: Graph, new: Graph, name: str) -> frozenset[str]:
    """Nodes from a node on of which it is not known what they read, where fields are new."""
    added = [f for f in new.fields.values() if f.name not in old.fields and not f.has_default]
    if not added:
        return frozenset()
    names = reached(new, [name]) & set(new.nodes)
    return frozenset(each for each in names if _unread(new.nodes[each]))


def _unread(node: Node) -> bool:
    return bool(node.opaque) or (node.code is not None and node.code.reads_all)


def _lacks(graph: Graph, name: str, field: str) -> bool:
    """Whether a node from `name` on reads a field before anybody has surely written it."""
    writers = {each: True for each, node in graph.nodes.items() if _writes(node, field)}
    names = reached(graph, [name], past=writers)
    if any(field in sure_reads(graph.nodes[each]) for each in names if each in graph.nodes):
        return True
    return any(
        branch.source in names
        and branch.source not in writers
        and branch.code is not None
        and any(read.key == field and read.sure for read in branch.code.reads)
        for branch in graph.branches
    )


def _has(graph: Graph, name: str, field: str) -> bool:
    """Whether a thread that waits in a node surely has a field."""
    known = graph.fields.get(field)
    if known is None:
        return False
    if field in graph.input and any(field in sure_reads(node) for node in graph.nodes.values()):
        return True  # whoever starts it gives this
    writers = {each: True for each, node in graph.nodes.items() if _writes(node, field)}
    before = reached(graph, [START], past=writers)
    ways = [each for each in before if each not in writers and name in graph.ways[each].all]
    return name not in before or not ways


def _writes(node: Node, field: str) -> bool:
    """Whether a node surely writes a field whenever it ran."""
    if node.code is None or node.member is not None or node.graph is not None:
        return False
    return any(w.key == field and w.every and not w.parent for w in node.code.writes)


def sure_reads(node: Node) -> frozenset[str]:
    """The fields that a node reads so that it raises where they are missing."""
    found: set[str] = set()
    if node.code is not None:
        found |= {read.key for read in node.code.reads if read.sure}
    if node.graph is not None and node.member is None and node.code is None:
        inner = node.graph
        found |= {field for field in inner.input if _lacks(inner, START, field)}
    return frozenset(found | _required(node))


def _required(node: Node) -> set[str]:
    """The fields that a node's input class does not come about without."""
    schema: Any = getattr(node.live, "input_schema", None)
    if not isinstance(schema, type):
        return set()
    if issubclass(schema, BaseModel):
        return {name for name, each in schema.model_fields.items() if each.is_required()}
    if dataclasses.is_dataclass(schema):
        return {
            each.name
            for each in dataclasses.fields(schema)
            if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        }
    return set()
