"""What the annotations of nodes and conditions say, aliases and classes resolved."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from stretto.check.reading.schemas import fields_of

if TYPE_CHECKING:
    from stretto.check.facts import Field, Function
    from stretto.check.reading.spaces import Space


def fields_hinted(code: Function) -> dict[str, Field] | None:
    """The fields of the class that a node's first parameter is annotated with."""
    hint = hint_of(code)
    return None if hint is None else fields_of(*hint)


def aliased(code: Function) -> tuple[str, ...] | None:
    """The names of a `Literal` that a return annotation names by an alias."""
    space = getattr(code.scope, "space", None)
    returns = None if isinstance(code.tree, ast.Lambda) else code.tree.returns
    if space is None or not isinstance(returns, ast.Name):
        return None
    found = space.resolved(returns)
    match found[0] if found else None:
        case ast.Subscript(value=kind, slice=ast.Tuple(elts=parts)):
            pass
        case ast.Subscript(value=kind, slice=part):
            parts = [part]
        case _:
            return None
    values = [found[1].value(each) for each in parts]
    literal = found[1].dotted(kind).rpartition(".")[2] == "Literal"
    return tuple(values) if literal and all(isinstance(v, str) for v in values) else None


def hint_of(code: Function) -> tuple[ast.expr, Space] | None:
    """The annotation of a node's first parameter."""
    arguments = code.tree.args
    first = next(iter([*arguments.posonlyargs, *arguments.args]), None)
    space = getattr(code.scope, "space", None)
    if first is None or first.annotation is None or space is None:
        return None
    return first.annotation, space
