"""What functions do to the world, as they declare it by `effect(...)`: read from their source."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import TYPE_CHECKING, Any

from stretto.spec.tool import effect_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def effects_declared(function: Any) -> list[str]:
    """Effects of a function and of those of its module that it calls, in words, each once.

    As `store (idempotent, undone by remove)`; of what has no source, or no effect, nothing.
    """
    return list(dict.fromkeys(_effects(function, set())))


def _effects(function: Any, seen: set[str]) -> Iterator[str]:
    function = inspect.unwrap(function) if callable(function) else function
    if not inspect.isfunction(function) or function.__qualname__ in seen:
        return
    seen.add(function.__qualname__)
    for call in _calls(function):
        if _named(call.func) == "effect" and call.args:
            yield _worded(call, function.__globals__)
        elif isinstance(call.func, ast.Name):
            called = function.__globals__.get(call.func.id)
            if getattr(called, "__module__", None) == function.__module__:
                yield from _effects(called, seen)


def _calls(function: Any) -> Iterator[ast.Call]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError):
        return
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    yield from sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _worded(call: ast.Call, known: dict[str, Any]) -> str:
    """Where the call does not say its effect, the function that is called is marked with it."""
    given = {each.arg: each.value for each in call.keywords}
    kind, does = given.get("effect"), [_named(each) for each in call.args[1:2]]
    again = _text(kind) if kind is not None else effect_of(known.get("".join(does)))
    undo = given.get("undo")
    undone = f", undone by {_named(undo)}" if undo is not None else ""
    return f"{_text(call.args[0])} ({again}{undone})"


def _named(part: ast.expr) -> str:
    match part:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ast.unparse(part)


def _text(part: ast.expr) -> str:
    """A name's constant part: of `f"scraping.{name}"` it is `scraping.NAME`."""
    match part:
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=values):
            return "".join(_text(each) for each in values)
        case ast.FormattedValue(value=value):
            return _named(value).upper()
        case _:
            return _named(part).upper()
