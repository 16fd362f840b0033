"""What the names in a function's source mean."""

from __future__ import annotations

import ast
import builtins
import inspect
import types
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from stretto.check.finding import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stretto.check.facts import Function

MISSING: Final = object()
"""Stands for a value that is not known."""


class Scope(Protocol):
    """Gives names in a function's source their meaning."""

    def place(self, node: ast.AST) -> Place:
        """Where a part of the source stands."""
        ...

    def dotted(self, expression: ast.expr) -> str:
        """The whole name of what an expression names: "langgraph.types.interrupt".

        A method of something unknown is ".name"; what is no name at all is empty.
        """
        ...

    def value(self, expression: ast.expr) -> Any:
        """The object that an expression gives, where that is sure; `MISSING` otherwise."""
        ...

    def function(self, expression: ast.expr) -> Function | None:
        """What is known of a function of the user that an expression names."""
        ...

    def container(self, name: ast.Name) -> bool:
        """Whether a name stands for a list, dictionary or set outside of the function."""
        ...


def placed(file: str, node: ast.AST) -> Place:
    """Where a node of a whole file's tree stands."""
    return Place(
        file,
        getattr(node, "lineno", 1),
        getattr(node, "col_offset", 0),
        getattr(node, "end_lineno", 0) or 0,
        getattr(node, "end_col_offset", 0) or 0,
    )


@dataclass
class LiveScope:
    """The scope of a function that was imported."""

    file: str
    names: Mapping[str, Any]
    """Globals, and what the function closes over."""
    local: frozenset[str] = frozenset()
    """Names that the function gives values itself: they mean nothing outside of it."""
    reader: Callable[[Any], Function | None] = field(default=lambda _: None)

    def place(self, node: ast.AST) -> Place:
        """Where a part of the source stands."""
        return placed(self.file, node)

    def value(self, expression: ast.expr) -> Any:
        """The object that a name, an attribute of a module or class, or a constant gives."""
        match expression:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                if name in self.local:
                    return MISSING
                return self.names.get(name, getattr(builtins, name, MISSING))
            case ast.Attribute(value=inner, attr=name):
                owner = self.value(inner)
                if owner is MISSING:
                    return MISSING
                if isinstance(owner, types.ModuleType | type):
                    return getattr(owner, name, MISSING)
                return inspect.getattr_static(owner, name, MISSING)
            case _:
                return MISSING

    def dotted(self, expression: ast.expr) -> str:
        """The whole name of what an expression names."""
        value = self.value(expression)
        if value is not MISSING and (named := name_of(value)):
            return named
        match expression:
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=inner, attr=name):
                owner = self.value(inner)
                if owner is not MISSING and not isinstance(owner, types.ModuleType):
                    kind = owner if isinstance(owner, type) else type(owner)
                    return f"{kind.__module__}.{kind.__qualname__}.{name}"
                return f".{name}"
            case _:
                return ""

    def function(self, expression: ast.expr) -> Function | None:
        """What is known of a function of the user that an expression names."""
        value = self.value(expression)
        if value is MISSING:
            return None
        return self.reader(value)

    def container(self, name: ast.Name) -> bool:
        """Whether a name stands for a list, dictionary or set outside of the function."""
        return isinstance(self.value(name), list | dict | set | deque)


def name_of(value: Any) -> str:
    """The dotted name of a module, class or function; empty for other values."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str):
        return f"{module}.{name}"
    if isinstance(name, str) and inspect.isbuiltin(value):
        return name
    return ""
