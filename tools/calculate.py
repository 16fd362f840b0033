"""Arithmetic for agents: exact where Python is, bounded, and never `eval`."""

from __future__ import annotations

import ast
import math
import operator
from typing import TYPE_CHECKING, Any

from stretto import tool
from stretto.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["calculate"]

Number = int | float

LENGTH = 500
"""Characters of an expression."""
DEPTH = 40
"""Parentheses and operators within one another."""
BITS = 4096
"""Size of a whole number."""

_OPERATORS: dict[type[ast.operator], Callable[[Number, Number], Number]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "acos": math.acos,
    "asin": math.asin,
    "atan": math.atan,
    "atan2": math.atan2,
    "ceil": math.ceil,
    "cos": math.cos,
    "degrees": math.degrees,
    "exp": math.exp,
    "floor": math.floor,
    "hypot": math.hypot,
    "log": math.log,
    "log10": math.log10,
    "log2": math.log2,
    "radians": math.radians,
    "sin": math.sin,
    "sqrt": math.sqrt,
    "tan": math.tan,
    "abs": abs,
    "max": max,
    "min": min,
    "round": round,
}
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}


@tool(effect="reads")
def calculate(expression: str) -> str:
    """Work out an arithmetic expression and return the number as text.

    Args:
        expression: Numbers with + - * / // % ** and parentheses, the functions sqrt, log, exp, sin,
            cos, tan, abs, round, floor, ceil, min, max and the constants pi and e,
            such as "1200 * (1 + 0.035) ** 10".
    """
    if not expression.strip():
        raise InvalidInput("there is nothing to work out. Give an expression such as 2 * (3 + 4).")
    if len(expression) > LENGTH:
        raise InvalidInput(
            f"the expression has {len(expression)} characters. Give at most {LENGTH}, in parts."
        )
    try:
        tree = ast.parse(expression.strip().replace("\n", " "), mode="eval")
        return _shown(_value(tree.body, DEPTH))
    except ZeroDivisionError:
        raise InvalidInput(f"{expression!r} divides by zero. Change the divisor.") from None
    except (OverflowError, MemoryError, RecursionError):
        raise InvalidInput(
            f"{expression!r} is too large to work out. Use smaller numbers."
        ) from None
    except (SyntaxError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"{expression!r} cannot be worked out ({error}). Use numbers, operators and functions."
        ) from None


def _value(node: ast.expr, depth: int) -> Number:
    if depth == 0:
        raise InvalidInput(f"more than {DEPTH} operations within one another. Work in parts.")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _bounded(number)
        case ast.Name(id=name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=inner):
            value = _value(inner, depth - 1)
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, depth - 1), _value(right, depth - 1))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _bounded(_OPERATORS[type(op)](_value(left, depth - 1), _value(right, depth - 1)))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*(_value(each, depth - 1) for each in args)))
        case _:
            raise InvalidInput(
                f"{ast.unparse(node)!r} is not arithmetic. Use numbers, + - * / // % **,"
                f" {', '.join(_FUNCTIONS)}, {' and '.join(_CONSTANTS)}."
            )


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int) and exponent > 0:
        if base.bit_length() * exponent > BITS:
            raise InvalidInput(f"{base}**{exponent} has too many digits. Use smaller numbers.")
    elif base < 0 and not _whole(exponent):
        raise InvalidInput(f"{base}**{exponent} is not a real number. Use a base above zero.")
    return _bounded(base**exponent)


def _whole(number: Number) -> bool:
    return isinstance(number, int) or number.is_integer()


def _bounded(number: Number) -> Number:
    if isinstance(number, int) and number.bit_length() > BITS:
        raise InvalidInput(f"a number is longer than {BITS} bits. Use smaller numbers.")
    if isinstance(number, float) and not math.isfinite(number):
        raise OverflowError
    return number


def _shown(number: Number) -> str:
    return str(number) if isinstance(number, int) else format(number, ".15g")
