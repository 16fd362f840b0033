"""What a conditional edge decides by, and whether a loop changes it."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, TypeGuard

import networkx as nx

from stretto.check.reading.scope import MISSING
from stretto.check.ways import digraph

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.check.facts import Branch, Function, Graph

_PURE = frozenset({
    "abs", "all", "any", "bool", "endswith", "float", "get", "int", "isinstance", "len", "list",
    "lower", "max", "min", "round", "set", "sorted", "startswith", "str", "strip", "sum", "upper",
})  # fmt: skip
"""Functions and methods that give the same for the same."""


def decides_by(graph: Graph, branch: Branch) -> frozenset[str] | None:
    """The fields that a conditional edge decides by; `None` where it may decide by more.

    More is what lies outside of the state: the clock, chance, a store, a name that may change.
    """
    code = branch.code
    if code is None or code.wrapped or code.reads_all or len(code.parameters) != 1:
        return None
    keys = frozenset(read.key for read in code.reads)
    fields = [graph.fields.get(key) for key in keys]
    if not keys or any(field is None or field.managed for field in fields):
        return None
    pure = all(call.name.rpartition(".")[2] in _PURE for call in code.calls)
    return keys if pure and _fixed(code) else None


def _fixed(code: Function) -> bool:
    """Whether each name of a function's source always means the same."""
    own = {each.id for each in ast.walk(code.tree) if _stored(each)} | set(code.parameters)
    body = [code.tree.body] if isinstance(code.tree, ast.Lambda) else code.tree.body
    named = [each for part in body for each in ast.walk(part) if isinstance(each, ast.Name)]
    others = [each for each in named if each.id not in own and not hasattr(builtins, each.id)]
    return all(_constant(code.scope.value(each)) for each in others)


def _stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _constant(value: object) -> bool:
    if value is MISSING:
        return False
    return value is None or isinstance(value, str | int | float | bool | tuple | frozenset | type)


def written_in(graph: Graph, names: Iterable[str]) -> frozenset[str] | None:
    """The fields that any of some nodes may change; `None` where not all are known."""
    found: set[str] = set()
    for name in names:
        node = graph.nodes[name]
        writes = node.writes
        if writes is None or node.opaque:
            return None
        found |= writes | {m.key for m in (node.code.mutations if node.code else ())}
    return frozenset(found)


def beside(graph: Graph, part: frozenset[str]) -> frozenset[str]:
    """The nodes that may run while a loop does: those outside of it that do not lead to it."""
    made = digraph(graph)
    before: set[str] = nx.ancestors(made, next(iter(part)))
    return frozenset(graph.nodes) - part - before
