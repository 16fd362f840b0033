"""Calls that hold the event loop while they wait."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.check.model_calls import SYNC, asks_a_model, is_model
from stretto.check.reading.scope import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Call, Function
    from stretto.check.finding import Place

DEPTH = 3
"""How far functions that are called are followed."""
_BLOCKS = re.compile(
    r"^(time\.sleep"
    r"|requests\.(.*\.)?(get|post|put|patch|delete|head|options|request)"
    r"|httpx\.(_api\.|_client\.)?(get|post|put|patch|delete|head|options|request|stream)"
    r"|httpx\.(_client\.)?Client\.(get|post|put|patch|delete|head|options|request|stream|send)"
    r"|urllib\.request\.(urlopen|urlretrieve)"
    r"|subprocess\.(run|call|check_call|check_output|getoutput)"
    r"|(os|posix|nt)\.system"
    r"|psycopg2?\.(Connection\.)?connect|psycopg\.connection\.Connection\.connect"
    r"|(builtins\.)?input)$"
)
_SHORT = 0.05
"""Seconds of a `time.sleep` that nobody minds."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """A call in an async function that holds up all others."""

    name: str
    at: Place
    sure: bool
    """Whether it is known to block, rather than named like what does."""


def blocking(code: Function, depth: int = 0) -> Iterator[Blocking]:
    """Tell the calls of a function that block, those of functions that it calls included.

    Args:
        code: The function.
        depth: How many calls lead to it.
    """
    here = {id(node) for node in ast.walk(code.tree)} - set(_elsewhere(code.tree))
    for call in code.calls:
        if call.within or id(call.tree) not in here:
            continue
        called = code.scope.function(call.tree.func)
        if called is None:
            yield from _itself(call, code)
        elif depth < DEPTH and not called.wrapped and (not called.is_async or _waited(call, code)):
            for each in blocking(called, depth + 1):
                yield Blocking(each.name, call.at, each.sure)


def _itself(call: Call, code: Function) -> Iterator[Blocking]:
    name = _owned(call, code) or call.name
    if _BLOCKS.match(name) and not _is_short(call, code):
        yield Blocking(name.replace("._api.", ".").replace("builtins.", ""), call.at, sure=True)
        return
    func = call.tree.func
    if not isinstance(func, ast.Attribute) or func.attr not in SYNC - {"predict"}:
        return
    if func.attr == "stream" and _awaited_with(call, code):
        return
    if asks_a_model(call, code):
        value = code.scope.value(func.value)
        yield Blocking(ast.unparse(func), call.at, sure=value is not MISSING and is_model(value))


def _owned(call: Call, code: Function) -> str:
    """The name of a method of a client that is made in the function."""
    func = call.tree.func
    if not call.name.startswith(".") or not isinstance(func, ast.Attribute):
        return ""
    owner = func.value
    if isinstance(owner, ast.Name):
        owner = dict(_made(code.tree)).get(owner.id, owner)
    return f"{code.scope.dotted(owner.func)}.{func.attr}" if isinstance(owner, ast.Call) else ""


def _made(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """What local names are given, by `=` or by `with`."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                yield name, value
            case _:
                pass


def _waited(call: Call, code: Function) -> bool:
    """Whether a call stands in an `await`, and not in what is done elsewhere."""
    return any(
        isinstance(node, ast.Await) and node.value is call.tree for node in ast.walk(code.tree)
    )


def _awaited_with(call: Call, code: Function) -> bool:
    """Whether a call is what an `async with` or `async for` goes over."""
    for node in ast.walk(code.tree):
        if isinstance(node, ast.AsyncFor) and node.iter is call.tree:
            return True
        if isinstance(node, ast.AsyncWith):
            return any(item.context_expr is call.tree for item in node.items)
    return _waited(call, code)


def _is_short(call: Call, code: Function) -> bool:
    if call.name != "time.sleep" or not call.tree.args:
        return False
    seconds = code.scope.value(call.tree.args[0])
    return isinstance(seconds, int | float) and seconds <= _SHORT


def _elsewhere(tree: ast.AST) -> Iterator[int]:
    """The calls within lambdas, and within functions that may be called in a thread."""
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    passed = {
        given.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for given in [*node.args, *(word.value for word in node.keywords)]
        if isinstance(given, ast.Name)
    }
    for node in ast.walk(tree):
        if node is tree:
            continue
        name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ""
        if isinstance(node, ast.Lambda) or (name and (name in passed or name not in called)):
            yield from (id(each) for each in ast.walk(node) if isinstance(each, ast.Call))
