"""Whether what takes over for a model is that model again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseLanguageModel
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.fallbacks import RunnableWithFallbacks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Agent, Call, Function
    from stretto.check.finding import Place


def same(one: Any, other: Any) -> bool:
    """Whether two models, or what is bound around them, are the same with the same settings."""
    if one is other:
        return True
    if isinstance(one, RunnableBindingBase) and isinstance(other, RunnableBindingBase):
        first, second = cast("Any", one), cast("Any", other)
        return first.kwargs == second.kwargs and same(first.bound, second.bound)
    if type(one) is not type(other) or not isinstance(one, BaseLanguageModel):
        return False
    hidden = [getattr(each, "__pydantic_private__", None) or {} for each in (one, other)]
    return _settings(one) == _settings(other) and hidden[0] == hidden[1]


def _settings(model: Any) -> dict[str, Any]:
    names = [name for name in sorted(model.model_fields_set) if "client" not in name]
    return {name: getattr(model, name, None) for name in names}


def falls_back_to_itself(code: Function) -> Iterator[tuple[str, Place]]:
    """Tell the Runnables of a function that fall back to themselves, and where they are used."""
    for call in code.calls:
        if call.within:
            continue
        func = call.tree.func
        if isinstance(func, ast.Attribute):
            yield from _called(call, func, code)


def _called(call: Call, func: ast.Attribute, code: Function) -> Iterator[tuple[str, Place]]:
    if func.attr == "with_fallbacks":
        if _names_itself(call.tree):
            yield ast.unparse(func.value), call.at
        return
    value = code.scope.value(func.value)
    if isinstance(value, RunnableWithFallbacks):
        whole = cast("Any", value)
        if any(same(whole.runnable, each) for each in whole.fallbacks):
            yield ast.unparse(func.value), call.at
    elif isinstance(func.value, ast.Name) and (space := getattr(code.scope, "space", None)):
        found = space.resolved(func.value)
        if found is not None and isinstance(found[0], ast.Call) and _names_itself(found[0]):
            yield ast.unparse(func.value), call.at


def _names_itself(call: ast.Call) -> bool:
    """Whether it is `x.with_fallbacks([x])`."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "with_fallbacks":
        return False
    given = [*call.args[:1], *(w.value for w in call.keywords if w.arg == "fallbacks")]
    listed = [each for one in given for each in getattr(one, "elts", [])]
    own = call.func.value
    return isinstance(own, ast.Name) and ast.dump(own) in map(ast.dump, listed)


def repeats_its_model(agent: Agent, model: Any) -> bool:
    """Whether a `ModelFallbackMiddleware` of an agent turns to the agent's own model."""
    return any(
        type(each).__name__ == "ModelFallbackMiddleware"
        and any(same(model, other) for other in each.models)
        for each in agent.middleware
    )
