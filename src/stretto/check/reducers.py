"""What reducers do with what is written."""

from __future__ import annotations

import ast
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.check.facts import Field

ADDS = ("_operator.add", "operator.add", "_operator.concat", "operator.concat", "_operator.iadd")
"""Reducers that put what is written behind what is there, whatever it is."""
_OTHERS = ("DeltaChannel", "Topic", "LastValue", "EphemeralValue", "UntrackedValue")
_CONTAINERS = ("list", "set", "dict", "deque", "defaultdict", "mutablesequence", "mutablemapping")
_LISTS = ("list", "List", "typing.List", "Sequence", "typing.Sequence", "collections.abc.Sequence")


def adds(field: Field) -> bool:
    """Whether a field's reducer adds what is written to what is there, and keeps all of both."""
    return field.kind not in _OTHERS and is_sum(field)


def is_sum(field: Field) -> bool:
    """Whether a field's reducer just puts its two arguments together."""
    if field.reducer in ADDS:
        return True
    return _is_sum(field.code) if field.code is not None else _runs_as_sum(field.live)


def _runs_as_sum(reducer: object) -> bool:
    """Whether a function without source, as from an annotation kept as text, is just `a + b`."""
    code = getattr(reducer, "__code__", None)
    return isinstance(code, CodeType) and code.co_code == _sum.__code__.co_code


def _sum(left: Any, right: Any) -> Any:
    return left + right


def is_list(field: Field) -> bool:
    """Whether a field is declared as a list."""
    return head(field) in _LISTS


def is_container(field: Field) -> bool:
    """Whether a field is declared as a list, set or dictionary."""
    return head(field).rpartition(".")[2].lower() in _CONTAINERS


def is_dict(field: Field) -> bool:
    """Whether a field is declared as a dictionary."""
    return head(field).rpartition(".")[2].lower() == "dict"


def head(field: Field) -> str:
    """What stands before the brackets of an annotation."""
    return field.text.partition("[")[0].removeprefix("<class '").removesuffix("'>").strip()


def _is_sum(code: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> bool:
    names = [each.arg for each in [*code.args.posonlyargs, *code.args.args]]
    if len(names) != 2:
        return False
    if isinstance(code, ast.Lambda):
        return _added(code.body, names)
    body = code.body[1:] if ast.get_docstring(code) is not None else code.body
    match body:
        case [ast.Return(value=ast.expr() as value)]:
            return _added(value, names)
        case _:
            return False


def _added(value: ast.expr, names: Sequence[str]) -> bool:
    """Whether an expression puts both parameters together: `a + b`, `[*a, *b]`."""
    match value:
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            found = [_whole(one), _whole(other)]
        case ast.List(elts=[ast.Starred(value=one), ast.Starred(value=other)]):
            found = [_whole(one), _whole(other)]
        case _:
            return False
    return sorted(found) == sorted(names)


def _whole(value: ast.expr) -> str:
    """The name that an expression gives, or an empty list in its place: `(a or [])`."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=name), _]):
            return name
        case ast.Call(func=ast.Name(id="list"), args=[inner]):
            return _whole(inner)
        case _:
            return ""
