"""Finds the source of functions that were imported, and reads it."""

from __future__ import annotations

import ast
import functools
import inspect
import sysconfig
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any

from langchain_core.tools import BaseTool
from langgraph.func import _TaskFunction  # pyright: ignore[reportPrivateUsage] - what @task makes

from stretto.check.reading.function import DEPTH, read_function
from stretto.check.reading.scope import LiveScope
from stretto.check.reading.source_files import read

if TYPE_CHECKING:
    from stretto.check.facts import Function
    from stretto.check.reading.source_files import Callable_

LIBRARIES = ("langgraph", "langchain", "langchain_core", "langchain_openai", "langsmith", "stretto")
"""Packages whose code is trusted and not read."""
_INSTALLED = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
FAULTY = "stretto.check.rules."
"""Where the code is that rules put into sound graphs; it is read as a user's is."""


@dataclass
class _Around:
    """What stands around a plain function."""

    bound: int = 0
    """How many arguments are given by place."""
    wrapped: bool = False


def plain(thing: Any, around: _Around | None = None) -> FunctionType | None:
    """The plain function within partials, wrappers, methods and objects with a call.

    Args:
        thing: What may be called.
        around: Learns what stands around the function.
    """
    found: Any = thing
    around = around or _Around()
    for _ in range(20):
        if isinstance(found, functools.partial):
            partial: functools.partial[Any] = found
            around.bound += len(partial.args)
            found = partial.func
        elif hasattr(found, "__wrapped__"):
            around.wrapped = True
            found = found.__wrapped__
        elif inspect.ismethod(found):
            found = found.__func__
        elif isinstance(found, FunctionType):
            return found
        elif (
            inner := getattr(found, "func", None) or getattr(found, "coroutine", None)
        ) is not None:
            found = inner  # a tool, a RunnableLambda
        elif not isinstance(found, type) and (
            call := getattr(type(found), "__call__", None)  # noqa: B004 - an object's call
        ):
            found = call
        else:
            return None
    return None


def is_library(function: FunctionType) -> bool:
    """Whether a function is LangGraph's, LangChain's or our own."""
    module = function.__module__ or ""
    return module.partition(".")[0] in LIBRARIES and not module.startswith(FAULTY)


def read_live(thing: Any, *, takes_state: bool = True, depth: int = 0) -> Function | None:
    """Read an imported function; `None` when it has no source, or is a library's.

    Args:
        thing: The function, or what wraps it.
        takes_state: Whether its first parameter is the state.
        depth: How many calls lead to it.
    """
    function = plain(thing)
    if function is None or is_library(function) or depth > DEPTH:
        return None
    tree = definition(function)
    if tree is None:
        return None
    around = _Around()
    plain(thing, around)
    return _read(function, tree, around, takes_state=takes_state, depth=depth)


def _read(
    function: FunctionType, tree: Callable_, around: _Around, *, takes_state: bool, depth: int
) -> Function:
    def follow(called: Any) -> Function | None:
        if not isinstance(called, FunctionType | BaseTool | _TaskFunction) or called is function:
            return None
        found = plain(called)
        if found is None or _is_strange(found, function):
            return None
        return read_live(called, takes_state=False, depth=depth + 1)

    names = {**function.__globals__, **_closed_over(function)}
    code = function.__code__
    own = frozenset({*code.co_varnames, *code.co_cellvars})
    scope = LiveScope(code.co_filename, names, own, follow)
    return read_function(
        tree,
        scope,
        live=function,
        takes_state=takes_state,
        bound=around.bound,
        wrapped=around.wrapped,
    )


def _is_strange(called: FunctionType, function: FunctionType) -> bool:
    """Whether a function is of an installed package that the one calling it is not of."""
    package, own = (f.__module__.partition(".")[0] for f in (called, function))
    return package != own and called.__code__.co_filename.startswith(_INSTALLED)


def _closed_over(function: FunctionType) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not yet filled
            continue
    return found


def definition(function: FunctionType) -> Callable_ | None:
    """The definition of a function in the tree of its file; `None` when it is not to be had."""
    code = function.__code__
    source = read(code.co_filename)
    if source is None:
        return None
    candidates = [
        node
        for node in source.functions(code.co_firstlineno)
        if (node.name if not isinstance(node, ast.Lambda) else "<lambda>") == code.co_name
    ]
    if len(candidates) > 1:
        columns = {c for _, _, c, _ in code.co_positions() if c is not None}
        first = min(columns, default=0)
        within = [c for c in candidates if _column(c) <= first <= (c.end_col_offset or 10_000)]
        candidates = within or candidates
    return candidates[0] if candidates else None


def _column(node: Callable_) -> int:
    return node.body.col_offset if isinstance(node, ast.Lambda) else node.col_offset
