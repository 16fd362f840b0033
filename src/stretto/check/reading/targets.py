"""Which nodes an expression of a function names."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from stretto.check.facts import Jump

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.reading.scope import Scope

COMMAND = ("langgraph.types.Command", "Command")
SEND = ("langgraph.types.Send", "Send")
DEPTH = 6
"""How many names and displays deep a target is looked for."""


def targets(
    value: ast.expr,
    scope: Scope,
    local: dict[str, list[ast.expr] | None],
    depth: int,
    *,
    many: bool = False,
) -> tuple[list[Jump], bool]:
    """The nodes that an expression names, and whether these are all.

    Args:
        value: The expression.
        scope: What its names mean.
        local: What the function's own names are given; see `local_values`.
        depth: How deep within other expressions it stands.
        many: Whether there may be any number of it at once.
    """
    if depth > DEPTH:
        return [], False
    match value:
        case ast.Constant(value=None):
            return [], True
        case ast.Constant(value=str() as name):
            return [Jump(name, scope.place(value), many=many)], True
        case ast.IfExp(body=one, orelse=other):
            return joined([one, other], scope, local, depth, many=many)
        case ast.BoolOp(values=values):
            return joined(values, scope, local, depth, many=many)
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return joined(values, scope, local, depth, many=many)
        case ast.ListComp(elt=inner) | ast.GeneratorExp(elt=inner) | ast.SetComp(elt=inner):
            return targets(inner, scope, local, depth + 1, many=True)
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return joined([one, other], scope, local, depth, many=many)
        case ast.Starred(value=inner):
            return targets(inner, scope, local, depth + 1, many=many)
        case ast.Call(func=func, args=args) if scope.dotted(func) in SEND:
            where = (
                args[0]
                if args
                else next((k.value for k in value.keywords if k.arg == "node"), None)
            )
            payload = args[1] if len(args) > 1 else None
            if where is None:
                return [], False
            found, whole = targets(where, scope, local, depth + 1, many=many)
            return [replace(j, kind="send", payload=payload) for j in found], whole
        case ast.Name(id=name) if name in local:
            known = local[name]
            if known is None:
                return [], False
            found, whole = joined(known, scope, local, depth, many=many)
            if len(known) > 1:
                found = [replace(jump, sure=False) for jump in found]
            return found, whole
        case _:
            known = scope.value(value)
            if isinstance(known, str):
                return [Jump(str.__str__(known), scope.place(value), many=many)], True
            return [], False


def joined(
    values: Sequence[ast.expr],
    scope: Scope,
    local: dict[str, list[ast.expr] | None],
    depth: int,
    *,
    many: bool,
) -> tuple[list[Jump], bool]:
    """The nodes that several expressions name together."""
    found: list[Jump] = []
    whole = True
    for each in values:
        more, all_of_it = targets(each, scope, local, depth + 1, many=many)
        found += more
        whole = whole and all_of_it
    return found, whole


def local_values(tree: ast.AST) -> dict[str, list[ast.expr] | None]:
    """What each local name is given; `None` where it is given something that cannot be listed."""
    found: dict[str, list[ast.expr] | None] = {}

    def give(name: str, value: ast.expr | None) -> None:
        known = found.get(name, [])
        found[name] = None if value is None or known is None else [*known, value]

    for node in own_nodes(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    if isinstance(target, ast.Name):
                        give(target.id, value)
                    else:
                        for each in ast.walk(target):
                            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                                give(each.id, None)
            case ast.AnnAssign(target=ast.Name(id=name), value=value):
                if value is not None:
                    give(name, value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                give(name, value)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[one]):
                give(name, ast.List([one], ast.Load()))
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                give(name, value)
            case (
                ast.For(target=target)
                | ast.AsyncFor(target=target)
                | ast.comprehension(target=target)
            ):
                for each in ast.walk(target):
                    if isinstance(each, ast.Name):
                        give(each.id, None)
            case ast.arg(arg=name):
                give(name, None)
            case _:
                pass
    return found


def own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions within it."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
        ):
            yield from own_nodes(child)
