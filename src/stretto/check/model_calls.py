"""Which calls of a node's code go to a language model."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseLanguageModel
from langchain_core.runnables.base import RunnableBindingBase, RunnableSequence

from stretto.check.reading.scope import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Call, Function, Node

SYNC = frozenset({"invoke", "stream", "batch", "generate", "predict"})
"""Methods that wait for a model's answer."""
ASYNC = frozenset({"ainvoke", "astream", "abatch", "agenerate"})
_MADE = re.compile(r"^(Chat[A-Z]\w*|\w*(ChatModel|LLM|OpenAI)|init_chat_model|chat_model)$")
_NAMED = re.compile(r"(^|_)(llm|model|chat|chat_model|gpt|claude)(_\w+)?$", re.IGNORECASE)
_SDK = re.compile(r"(completions|responses|messages)\.(create|parse|stream)$")
"""What the clients of providers call it."""


def model_calls(node: Node) -> tuple[Call, ...]:
    """The calls of a node's own code that go to a language model."""
    if node.code is None or node.graph is not None:
        return ()
    code = node.code
    return tuple(call for call in code.calls if asks_a_model(call, code))


def asks_a_model(call: Call, code: Function) -> bool:
    """Whether a call goes to a language model, as far as its name or object tells."""
    func = call.tree.func
    if not isinstance(func, ast.Attribute):
        return False
    if _SDK.search(ast.unparse(func)):
        return True
    if func.attr not in SYNC | ASYNC:
        return False
    if not call.within:
        value = code.scope.value(func.value)
        if value is not MISSING:
            return is_model(value)
        made = _made(func.value, code)
        if made:
            return bool(_MADE.match(made))
    return bool(_NAMED.search(_last(func.value)))


def is_model(value: Any) -> bool:
    """Whether an object is a language model, or has one in it."""
    if isinstance(value, RunnableBindingBase):
        return is_model(cast("Any", value).bound)
    if isinstance(value, RunnableSequence):
        return any(is_model(step) for step in cast("Any", value).steps)
    return isinstance(value, BaseLanguageModel)


def _made(owner: ast.expr, code: Function) -> str:
    """The last name of what makes an object: of "ChatOpenAI(...).bind_tools(...)" the first."""
    space = getattr(code.scope, "space", None)
    found = space.resolved(owner) if space is not None else (owner, None)
    made: Any = found[0] if found is not None else None
    last = ""
    for call in _chain(made):
        last = _last(call.func)
    return last


def _chain(made: Any) -> Iterator[ast.Call]:
    while isinstance(made, ast.Call):
        yield made
        made = made.func.value if isinstance(made.func, ast.Attribute) else None


def _last(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return _last(func)
        case _:
            return ""
