"""What a function takes of the state that it is given."""

from __future__ import annotations

import ast

from stretto.check.facts import Mutation, Read
from stretto.check.reading.returning import Returning

_MISSED = frozenset({"", "KeyError", "LookupError", "Exception", "BaseException"})
"""Handlers that catch a missing key."""


class Taking(Returning):
    """Reads which keys of the state are used."""

    def visit_Subscript(self, node: ast.Subscript) -> None:
        key = self.key_of(node)
        if key is not None and isinstance(node.ctx, ast.Load):
            caught = _MISSED.intersection(self.caught or ())
            sure = key not in self.guarded and not caught
            always = not (self.conditional or self.looped)
            self.reads.append(Read(key, self.scope.place(node), sure, always))
            self.visit(node.slice)
            return
        if key is not None:
            self.mutations.append(Mutation(key, self.scope.place(node), whole=True))
            return
        if not isinstance(node.ctx, ast.Load):
            self.changed(node.value, node)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in self.state:
            if node.attr.startswith(("model_", "__")) or node.attr in {
                "items",
                "values",
                "keys",
                "copy",
            }:
                self.reads_all = True
                return
            if isinstance(node.ctx, ast.Load):
                self.reads.append(Read(node.attr, self.scope.place(node), sure=False))
            else:
                self.mutations.append(Mutation(node.attr, self.scope.place(node), whole=True))
            return
        if not isinstance(node.ctx, ast.Load):
            self.changed(node.value, node)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        match node:
            case ast.Compare(
                left=ast.Constant(value=str() as key),
                ops=[ast.In() | ast.NotIn()],
                comparators=[ast.Name(id=name)],
            ) if name in self.state:
                self.reads.append(Read(key, self.scope.place(node), sure=False))
                self.guarded.add(key)
            case _:
                self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if node.id in self.state and isinstance(node.ctx, ast.Load):
            self.reads_all = True

    def forget(self, names: set[str]) -> None:
        """Note that names no longer hold the state; what is read of them is not known."""
        if names & self.state:
            self.state -= names
            self.reads_all = True

    def key_of(self, node: ast.expr) -> str | None:
        """The key of `state["key"]`, or of a local name that holds it."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=key) if name in self.state:
                value = self.scope.value(key)
                return value if isinstance(value, str) else None
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self.state:
                return attr
            case _:
                return None

    def held_key(self, node: ast.expr) -> str | None:
        """The key of the state whose value an expression gives, not a copy of it."""
        if (key := self.key_of(node)) is not None:
            return key
        match node:
            case ast.Name(id=name):
                return self.held.get(name)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get" | "setdefault"),
                args=[key_node, *_],
            ) if name in self.state:
                value = self.scope.value(key_node)
                return value if isinstance(value, str) else None
            case ast.Subscript(slice=ast.Slice()):
                return None  # a copy
            case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                return self.held_key(inner)
            case ast.BoolOp(op=ast.Or(), values=[first, *_]):
                return self.held_key(first)
            case _:
                return None

    def changed(self, target: ast.expr, node: ast.AST) -> None:
        """Note that something is changed in place that is part of the state."""
        key = self.held_key(target)
        if key is not None:
            self.mutations.append(Mutation(key, self.scope.place(node)))
