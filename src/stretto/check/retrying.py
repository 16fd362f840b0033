"""What a retry does again: effects before, or in, something that may fail."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.check.repeating import repeated

if TYPE_CHECKING:
    from stretto.check.facts import Call, Effect, Function

_OVER_A_WIRE = re.compile(
    r"^(requests|httpx|aiohttp|urllib|openai|anthropic|smtplib|psycopg2?|asyncpg|boto3)\.|"
    r"\.(invoke|ainvoke|post|put|patch|raise_for_status)$"
)
"""Calls that may fail, and succeed the next time."""
_CLIENT = re.compile(r"client|session|http|api|conn|cursor", re.IGNORECASE)
_METHODS = frozenset({"get", "request", "execute", "fetch", "send", "fetchall", "fetchone"})
_DECORATORS = frozenset({
    "tenacity.retry", "stamina.retry", "stamina._core.retry", "backoff.on_exception",
    "backoff._decorator.on_exception",
})  # fmt: skip
_HARMLESS = frozenset({"reads", "idempotent", "once"})
_ONCE = "EffectsOnce"


@dataclass(frozen=True, slots=True)
class Again:
    """An effect that a retry does again."""

    effect: Effect
    sure: bool
    """Whether it stands before what may fail on all ways there."""


def done_again(code: Function) -> list[Again]:
    """Tell the effects of a function that are done again when it is tried again."""
    if code.effect in _HARMLESS:
        return []
    effects = {e for e in code.effects if e.kind != "memory" and not e.again}
    if not effects:
        return []
    fallible = [call.at for call in code.calls if call.caught is None and may_fail(call)]
    found = {
        each.effect: Again(each.effect, each.sure and each.effect.kind != "named")
        for each in repeated(code, fallible)
        if each.effect in effects
    }
    for effect in effects:
        if effect.kind == "world" and effect.at in fallible and not effect.caught:
            found.setdefault(effect, Again(effect, sure=False))
    return sorted(found.values(), key=lambda each: each.effect.at)


def may_fail(call: Call) -> bool:
    """Whether a call goes over a wire."""
    if _OVER_A_WIRE.search(call.name):
        return True
    match call.tree.func:
        case ast.Attribute(value=ast.Name(id=name) | ast.Attribute(attr=name), attr=method):
            return method in _METHODS and bool(_CLIENT.search(name))
        case _:
            return False


def decorated(code: Function) -> bool:
    """Whether a decorator of a function calls it again when it fails."""
    if isinstance(code.tree, ast.Lambda):
        return False
    return any(
        code.scope.dotted(each.func if isinstance(each, ast.Call) else each) in _DECORATORS
        for each in code.tree.decorator_list
    )


def repeats_tools(middleware: tuple[Any, ...], tool: str) -> bool:
    """Whether a middleware calls a tool again that has failed, and nothing does it only once."""
    if any(type(each).__name__ == _ONCE for each in middleware):
        return False
    return any(
        type(each).__name__ == "ToolRetryMiddleware"
        and each.max_retries > 0
        and (each._tool_filter is None or tool in each._tool_filter)  # noqa: SLF001 - no other way
        for each in middleware
    )
