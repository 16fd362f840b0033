"""What hides failures from the policies around it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function

_EVERYTHING = frozenset({"", "Exception", "BaseException"})
_HARMLESS = frozenset({
    "print", "str", "repr", "dict", "list", "len", "isinstance", "type", "type.__name__",
    "debug", "info", "warning", "error", "exception", "format", "Command", "Send", "join",
})  # fmt: skip
"""Calls that do not fail."""


def fails_never(code: Function) -> bool:
    """Whether all that a function does that may fail is caught, and it raises nothing itself."""
    if code.wrapped or any(
        isinstance(node, ast.Raise | ast.Assert) for node in ast.walk(code.tree)
    ):
        return False
    here = [call for call in code.calls if not call.within]
    caught = [call for call in here if _EVERYTHING.intersection(_names(call.caught))]
    others = [call.name.rpartition(".")[2] for call in here if call not in caught]
    inner = any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Yield)
        for node in ast.walk(code.tree)
        if node is not code.tree
    )
    return bool(caught) and not inner and all(name in _HARMLESS for name in others)


def _names(caught: tuple[str, ...] | None) -> set[str]:
    return {name.rpartition(".")[2] for name in caught or ()}


def out_of_reach(middleware: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
    """Tell which middleware of an agent hides failures from one outside of it, and what mends it.

    Args:
        middleware: Of the agent, the outermost first.
    """
    for number, outer in enumerate(middleware):
        for inner in middleware[number + 1 :]:
            pair = type(outer).__name__, type(inner).__name__
            if not _same_tools(outer, inner):
                continue
            goes_on = getattr(inner, "on_failure", "error") != "error"
            match pair:
                case ("ModelFallbackMiddleware", "ModelRetryMiddleware") if goes_on:
                    yield *pair, 'Give the `ModelRetryMiddleware` on_failure="error".'
                case ("ToolErrorMiddleware", "ToolRetryMiddleware") if goes_on:
                    yield *pair, 'Give the `ToolRetryMiddleware` on_failure="error".'
                case ("ToolRetryMiddleware", "ToolErrorMiddleware"):
                    yield *pair, "Put `ToolErrorMiddleware` before `ToolRetryMiddleware`."
                case _:
                    pass


def _same_tools(outer: Any, inner: Any) -> bool:
    """Whether two kinds of middleware are about all tools, or about the same ones."""
    return getattr(outer, "_tool_filter", None) == getattr(inner, "_tool_filter", None)
