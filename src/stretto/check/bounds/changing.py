"""What a piece of source may change: names it gives values, and objects it hands to others."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING

from stretto.check.reading.source_files import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HARMLESS = frozenset({
    "abs", "all", "any", "bool", "dict", "enumerate", "float", "get", "int", "isinstance", "items",
    "keys", "len", "list", "max", "min", "print", "range", "repr", "reversed", "set", "sorted",
    "str", "sum", "tuple", "type", "values", "zip", "Command", "Send", "copy", "count", "index",
    "lower", "upper", "strip", "startswith", "endswith", "split", "join", "format", "invoke",
    "ainvoke", "interrupt", "deepcopy",
})  # fmt: skip
"""Functions and methods that leave alone what they are given."""


def stored_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """The names that are given values."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
                yield each.id
            elif isinstance(each, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and each.name:
                yield each.name


def changed_in(*nodes: ast.AST) -> Iterator[str]:
    """The names whose objects may be changed: by their methods, an index, or what takes them."""
    for node in nodes:
        for each in ast.walk(node):
            match each:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                    if method not in _HARMLESS:
                        yield name
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                    yield name
                case _:
                    pass
        yield from passed_on(node)


def passed_on(node: ast.AST) -> list[str]:
    """The names that are given to functions which may change what they hold."""
    return [
        given.id
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and _last(call.func) not in _HARMLESS
        for given in [*call.args, *(word.value for word in call.keywords)]
        if isinstance(given, ast.Name)
    ]


def _last(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


@lru_cache(maxsize=256)
def changed_elsewhere(path: str) -> frozenset[str]:
    """Names of a file that functions give new values, by `global` or as attributes of objects."""
    source = read(path)
    found: set[str] = set()
    for node in _later(source.tree) if source else ():
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                found.update(names)
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                found.add(name)
            case ast.Call(
                func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str() as name), _]
            ):
                found.add(name)
            case _:
                pass
    return frozenset(found)


def _later(tree: ast.AST) -> Iterator[ast.AST]:
    """The parts of a file without those that make an object."""
    ahead: list[ast.AST] = [tree]
    while ahead:
        node = ahead.pop()
        yield node
        if getattr(node, "name", "") not in {"__init__", "__post_init__", "__new__"}:
            ahead += ast.iter_child_nodes(node)
