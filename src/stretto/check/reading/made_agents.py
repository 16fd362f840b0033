"""Learns from source what an agent of `create_agent` is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from stretto.check.facts import Agent
from stretto.check.reading.scope import MISSING, placed
from stretto.check.reading.tools import tools_in

if TYPE_CHECKING:
    from stretto.check.reading.spaces import Space

_OWN_SERVER = frozenset({"base_url", "openai_api_base", "azure_endpoint", "azure_deployment"})
_CALL_LIMITS = ("ModelCallLimitMiddleware", "CallLimit")


def agent_in(call: ast.Call, name: str, space: Space) -> Agent:
    """What source says of an agent that `create_agent` makes; `name` where it has none itself."""
    words = {k.arg: k.value for k in call.keywords if k.arg}
    tools = words.get("tools") or (call.args[1] if len(call.args) > 1 else None)
    found = space.resolved(words["middleware"]) if "middleware" in words else None
    given = found[0] if found is not None else None
    listed = given.elts if isinstance(given, ast.List | ast.Tuple) else []
    middleware = tuple(_middleware(each, space) for each in listed)
    unread = "middleware" in words and not isinstance(given, ast.List | ast.Tuple)
    if unread or any(word.arg in {None, "interrupt_before"} for word in call.keywords):
        middleware = (*middleware, "")
    model = words.get("model") or (call.args[0] if call.args else None)
    named = _model(model, space) if model is not None else MISSING
    prompt = space.value(words["system_prompt"]) if "system_prompt" in words else ""
    own = space.value(words["name"]) if "name" in words else ""
    return Agent(
        name=own if isinstance(own, str) and own else name,
        tools=tools_in(tools, space),
        model=named if isinstance(named, str) else "",
        middleware=middleware,
        max_calls=_limit(listed, space),
        prompt=prompt if isinstance(prompt, str) else "",
        output=words.get("response_format"),
        place=placed(space.file, call),
    )


def _middleware(given: ast.expr, here: Space) -> str:
    """The name of what makes one."""
    tree, space = here.resolved(given) or (given, here)
    made = tree.func if isinstance(tree, ast.Call) else given
    return (space if made is not given else here).dotted(made)


def _model(given: ast.expr, here: Space) -> Any:
    """A model's name: given as it is, or to the class or function that makes it."""
    found = here.resolved(given)
    tree, space = found or (given, here)
    if not isinstance(tree, ast.Call):
        return here.value(given)
    words = {k.arg: k.value for k in tree.keywords if k.arg}
    given_first = tree.args[0] if tree.args else None
    named = words.get("model") or words.get("model_name") or given_first
    if named is None or _OWN_SERVER & set(words) or "Azure" in space.dotted(tree.func):
        return MISSING  # a server of its own calls them what it likes
    provider = space.value(words["model_provider"]) if "model_provider" in words else ""
    model = space.value(named)
    return f"{provider}:{model}" if provider and isinstance(model, str) else model


def _limit(middleware: list[ast.expr], space: Space) -> int | None:
    for given in middleware:
        found = space.resolved(given)
        each = found[0] if found is not None else given
        if isinstance(each, ast.Call) and space.dotted(each.func).endswith(_CALL_LIMITS):
            for word in each.keywords:
                value = space.value(word.value)
                if word.arg in {"run_limit", "limit", "max_calls"} and isinstance(value, int):
                    return value
    return None
