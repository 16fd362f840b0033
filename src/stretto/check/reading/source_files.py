"""Source files, parsed once each."""

from __future__ import annotations

import ast
import linecache
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

Callable_: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class SourceFile:
    """A parsed file."""

    path: str
    text: str
    tree: ast.Module
    by_line: dict[int, list[Callable_]] = field(default_factory=dict[int, "list[Callable_]"])
    """Functions and lambdas by the line they begin on, decorators included."""
    constants: dict[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    """What module-level names are given, where they are given it once."""
    methods: list[ast.Call] = field(default_factory=list[ast.Call])
    """All calls of methods, `thing.name(...)`."""
    classes: list[ast.ClassDef] = field(default_factory=list[ast.ClassDef])
    """All classes, those within others and within functions included."""

    def functions(self, line: int) -> list[Callable_]:
        """Those that begin on a line."""
        return self.by_line.get(line, [])


def read(path: str) -> SourceFile | None:
    """Parse a file; `None` when it is not there or is no Python."""
    linecache.checkcache(path)
    lines = linecache.getlines(path)
    return _parsed(path, "".join(lines)) if lines else None


def keep(path: str, text: str) -> None:
    """Let a file be read as this text, whether it is there or not."""
    linecache.cache[path] = len(text), None, text.splitlines(keepends=True), path


@lru_cache(maxsize=512)
def _parsed(path: str, text: str) -> SourceFile | None:
    try:
        return parsed(path, text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def parsed(path: str, text: str) -> SourceFile:
    """Parse source.

    Raises:
        SyntaxError: It is no Python.
        ValueError: It has null bytes.
    """
    tree = ast.parse(text, path)
    found: dict[int, list[Callable_]] = {}
    methods: list[ast.Call] = []
    classes: list[ast.ClassDef] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            found.setdefault(first, []).append(node)
        elif isinstance(node, ast.Lambda):
            found.setdefault(node.lineno, []).append(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            methods.append(node)
        elif isinstance(node, ast.ClassDef):
            classes.append(node)
    return SourceFile(path, text, tree, found, _constants(tree), methods, classes)


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    given: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                given.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                given.setdefault(name, []).append(value)
            case _:
                pass
    return {name: values[0] for name, values in given.items() if len(values) == 1}
