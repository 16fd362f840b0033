"""What the handlers around a statement catch, and whether an interrupt gets through them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.check.reading.scope import Scope
    from stretto.check.reading.source_files import Callable_

INTERRUPTS = frozenset({"GraphInterrupt", "GraphBubbleUp", "Exception", "BaseException", ""})
"""Handlers that catch an interrupt; "" is a bare `except`."""

_RETRIES = (("tenacity", "retry"), ("stamina", "retry"), ("backoff", "on_exception"))
Try: TypeAlias = ast.Try | ast.TryStar


def caught_by(node: Try, scope: Scope) -> tuple[str, ...]:
    """The exceptions that a `try` catches and does not raise again."""
    return tuple(
        name
        for handler in node.handlers
        if not _raises_again(handler.body, handler)
        for name in _exceptions(handler.type, scope)
    )


def swallower(node: Try, scope: Scope) -> str | None:
    """The exception by whose handler a `try` swallows an interrupt; `None` when it does not."""
    for handler in node.handlers:
        names = {name.rpartition(".")[2] for name in _exceptions(handler.type, scope)}
        if names & INTERRUPTS:
            raises = _raises_again(handler.body, handler) or _sorts_out(handler, scope)
            return None if raises else min(names & INTERRUPTS)
    return None


def suppressed_by(node: ast.With | ast.AsyncWith, scope: Scope) -> tuple[str, ...]:
    """The exceptions that a `with suppress(...)` swallows."""
    given = [
        each
        for item in node.items
        if isinstance(item.context_expr, ast.Call)
        and scope.dotted(item.context_expr.func) == "contextlib.suppress"
        for each in item.context_expr.args
    ]
    return tuple(scope.dotted(each).removeprefix("builtins.") for each in given)


def retried(tree: Callable_, scope: Scope) -> str | None:
    """The decorator that calls a function again when an interrupt leaves it; `None` without one."""
    for each in () if isinstance(tree, ast.Lambda) else tree.decorator_list:
        call = each if isinstance(each, ast.Call) else None
        name = scope.dotted(call.func if call else each)
        library, last = name.partition(".")[0], name.rpartition(".")[2]
        if (library, last) in _RETRIES and _of_everything(library, call, scope):
            return f"@{last}"
    return None


def _of_everything(library: str, call: ast.Call | None, scope: Scope) -> bool:
    """Whether a decorator tries again after any `Exception`."""
    if library == "tenacity":
        return call is None or not any(word.arg in {"retry", None} for word in call.keywords)
    if call is None:
        return False
    given = [*call.args, *(word.value for word in call.keywords if word.arg in {"on", "exception"})]
    kinds = [kind for each in given for kind in getattr(each, "elts", [each])]
    return any(scope.dotted(kind).rpartition(".")[2] in INTERRUPTS - {""} for kind in kinds)


def _sorts_out(handler: ast.ExceptHandler, scope: Scope) -> bool:
    """Whether a handler raises interrupts again that it tells by a condition."""
    for node in ast.walk(handler):
        if isinstance(node, ast.If) and _raises_again(node.body, handler):
            named = [n for n in ast.walk(node.test) if isinstance(n, ast.Name | ast.Attribute)]
            if any(scope.dotted(each).rpartition(".")[2] in INTERRUPTS for each in named):
                return True
    return False


def _raises_again(body: Sequence[ast.stmt], handler: ast.ExceptHandler) -> bool:
    """Whether it always ends in a bare `raise`, or in raising what the handler caught."""
    last = body[-1] if body else None
    if not isinstance(last, ast.Raise):
        return False
    return last.exc is None or (isinstance(last.exc, ast.Name) and last.exc.id == handler.name)


def _exceptions(kind: ast.expr | None, scope: Scope) -> Iterator[str]:
    if kind is None:
        yield ""
        return
    for each in kind.elts if isinstance(kind, ast.Tuple) else [kind]:
        yield scope.dotted(each).removeprefix("builtins.")
