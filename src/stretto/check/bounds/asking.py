"""How often a function's own source calls a model, and the graphs that it runs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseLanguageModel
from langchain_core.runnables import RunnableParallel
from langchain_core.runnables.base import RunnableBindingBase, RunnableSequence
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from langchain_core.runnables.retry import RunnableRetry
from langgraph.pregel import Pregel

from stretto.check.bounds.formula import NOTHING, ONE, Formula, symbol
from stretto.check.model_calls import ASYNC, SYNC, asks_a_model
from stretto.check.reading.scope import MISSING
from stretto.check.reading.targets import local_values

if TYPE_CHECKING:
    from stretto.check.facts import Call, Function, Graph

_SAME = ("with_structured_output", "bind_tools", "bind", "with_config", "with_types")
"""Methods whose result calls the model as often as what they are called on."""
_MANY = ("batch", "abatch", "generate", "agenerate", "map")
_DEEP = 6
_RETRIES = 3
"""The attempts of `with_retry` where it is not told how many."""


@dataclass(frozen=True)
class Asked:
    """What a function's own source does."""

    models: Formula = NOTHING
    graph: Formula = NOTHING
    """How often it runs the graph that it is known to run."""
    unknown: tuple[str, ...] = ()


def asked_by(code: Function, who: str, inner: Graph | None = None) -> Asked:
    """Tell how often a function calls a model.

    Args:
        code: The function.
        who: What to call it.
        inner: The graph that it is known to run.
    """
    models, graph, unknown = NOTHING, NOTHING, list[str]()
    for call in code.calls:
        func = call.tree.func
        if not isinstance(func, ast.Attribute):
            continue
        often = symbol(f"rounds in {who}") if call.looped else ONE
        if func.attr in _MANY:
            often *= symbol(f"inputs in {who}")
        if _runs(call, code, inner):
            graph += often
            continue
        count = _count(call, code)
        if count is None:
            unknown.append(f"{who!r}: what {ast.unparse(func)} calls")
        elif count:
            models += often * _times(count)
    return Asked(models, graph, tuple(dict.fromkeys(unknown)))


def _times(count: int) -> Formula:
    return Formula((((), count),))


def _runs(call: Call, code: Function, inner: Graph | None) -> bool:
    """Whether a call runs the graph."""
    func = call.tree.func
    if inner is None or not isinstance(func, ast.Attribute) or func.attr not in SYNC | ASYNC:
        return False
    value = code.scope.value(func.value)
    if value is MISSING:
        return inner.live is None and not asks_a_model(call, code)
    return isinstance(value, Pregel) and getattr(value, "builder", value) is inner.builder


def _count(call: Call, code: Function) -> int | None:
    func = call.tree.func
    if not isinstance(func, ast.Attribute) or func.attr not in SYNC | ASYNC:
        return int(asks_a_model(call, code))
    if call.within:
        return int(asks_a_model(call, code))
    found = _models(func.value, code, 0)
    return 1 if found is None and asks_a_model(call, code) else found


def _models(owner: ast.expr, code: Function, depth: int) -> int | None:
    """How often an expression's object calls a model when it is run; `None`: not known."""
    if depth > _DEEP:
        return None
    value = code.scope.value(owner)
    if value is not MISSING:
        return models_in(value)
    match owner:
        case ast.Name(id=name):
            given = local_values(code.tree).get(name)
            counts = [_models(each, code, depth + 1) for each in given or []]
            known = [each for each in counts if each is not None]
            return max(known) if known and len(known) == len(counts) else None
        case ast.BinOp(left=one, op=ast.BitOr(), right=other):
            first, second = (_models(each, code, depth + 1) or 0 for each in (one, other))
            return first + second
        case ast.Call(func=ast.Attribute(value=inner, attr=method)) if method in _SAME:
            return _models(inner, code, depth + 1)
        case ast.Call(func=ast.Attribute(value=inner, attr="with_retry"), keywords=words):
            tries = [code.scope.value(w.value) for w in words if w.arg == "stop_after_attempt"]
            count = _models(inner, code, depth + 1)
            often = tries[0] if tries and isinstance(tries[0], int) else _RETRIES
            return None if count is None or (tries and tries[0] is MISSING) else count * often
        case ast.Call(func=func):
            kind = code.scope.value(func)
            made = isinstance(kind, type) and issubclass(kind, BaseLanguageModel)
            return int(made) if isinstance(kind, type) else None
        case ast.Lambda() | ast.Dict() | ast.Constant():
            return 0
        case _:
            return None


def models_in(value: Any) -> int | None:
    """How often an object calls a model when it is run; `None` where that is not known."""
    thing: Any = value
    if isinstance(thing, RunnableRetry):
        inner = models_in(cast("Any", thing).bound)
        return None if inner is None else inner * cast("int", cast("Any", thing).max_attempt_number)
    if isinstance(thing, RunnableBindingBase):
        return models_in(cast("Any", thing).bound)
    parts: list[Any] | None = None
    if isinstance(thing, RunnableSequence):
        parts = list(cast("Any", thing).steps)
    elif isinstance(thing, RunnableParallel):
        parts = list(cast("Any", thing).steps__.values())
    elif isinstance(thing, RunnableWithFallbacks):
        parts = [cast("Any", thing).runnable, *cast("Any", thing).fallbacks]
    if parts is not None:
        counts = [models_in(each) for each in parts]
        return None if None in counts else sum(each or 0 for each in counts)
    if isinstance(thing, Pregel):
        return None
    return int(isinstance(thing, BaseLanguageModel))
