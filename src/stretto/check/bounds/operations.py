"""What operators and functions give of what is known; `UNKNOWN` where that is not enough."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from stretto.check.bounds.known import STATE, UNKNOWN, Going, Perhaps, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATIONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
PURE: dict[str, Callable[..., Any]] = {
    "len": len,
    "min": min,
    "max": max,
    "bool": bool,
    "abs": abs,
    "int": int,
    "str": str,
}


def gone_over(iterated: ast.expr) -> str:
    """What a comprehension goes over, in a word."""
    match iterated:
        case ast.Subscript(slice=ast.Constant(value=str() as key)):
            return key
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Call(args=[first, *_]):
            return gone_over(first)
        case _:
            return "items"


def vague(value: Any) -> bool:
    """Whether too little is known of a value to compare it."""
    return value is UNKNOWN or value is STATE or isinstance(value, dict | Sent | Perhaps | Going)


def holds(value: Any) -> bool:
    """Whether a value counts as true."""
    return bool(value)


def applied(op: type[ast.AST], left: Any, right: Any) -> Any:
    """What an operator gives."""
    if op in (ast.Is, ast.IsNot) and right is None and not vague(left):
        return (left is None) is (op is ast.Is)
    if vague(left) or vague(right) or op not in OPERATIONS:
        return UNKNOWN
    if isinstance(left, list) and UNKNOWN in left and op is not ast.Add:
        return UNKNOWN
    try:
        return OPERATIONS[op](left, right)
    except (TypeError, ValueError, ArithmeticError):
        return UNKNOWN


def contains(op: ast.cmpop, left: Any, right: Any) -> Any:
    """What `in` or `not in` gives."""
    if vague(left) or vague(right) or not isinstance(right, list | str):
        return UNKNOWN
    if isinstance(right, list) and any(each is UNKNOWN for each in right):
        return UNKNOWN
    try:
        found = left in right
    except TypeError:
        return UNKNOWN
    return found if isinstance(op, ast.In) else not found


def called(function: Callable[..., Any], given: list[Any]) -> Any:
    """What a function without effects gives."""
    if function is not len and any(isinstance(v, list) and UNKNOWN in v for v in given):
        return UNKNOWN
    try:
        return function(*given)
    except (TypeError, ValueError):
        return UNKNOWN
