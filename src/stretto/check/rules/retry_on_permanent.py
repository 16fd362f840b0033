"""A retry on errors that cannot heal only repeats them, and waits in between.

A name that is not defined, a module that is missing, a key that the provider refuses: they fail the
second time as they did the first. LangGraph's own default is no remedy where a model is called: it
tries OpenAI's 400, 401 and 404 again (any error that is not one of Python's usual ones), and does
not try a `TimeoutError` again. An error in a value counts where nothing in the node asks anybody
whose answer may be another the next time.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    number: int


def read(state: State) -> dict:
    return {"number": int(state["text"])}


builder = StateGraph(State)
builder.add_node("read", read, retry_policy=RetryPolicy(retry_on=ValueError))
builder.add_edge(START, "read")
builder.add_edge("read", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    number: int


def read(state: State) -> dict:
    return {"number": int(state["text"])}


builder = StateGraph(State)
builder.add_node("read", read, retry_policy=RetryPolicy(retry_on=ConnectionError))
builder.add_edge(START, "read")
builder.add_edge("read", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from langgraph.types import RetryPolicy

from stretto.check.model_calls import model_calls
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node, Retry
    from stretto.check.finding import Certainty, Finding
    from stretto.check.mutating import Builder

_NEVER = frozenset({
    "ImportError", "ModuleNotFoundError", "NotImplementedError", "AttributeError", "NameError",
    "UnboundLocalError", "SyntaxError", "IndentationError", "RecursionError",
})  # fmt: skip
"""Errors in the code: they come back whatever is done."""
_REFUSED = frozenset({
    "BadRequestError", "AuthenticationError", "PermissionDeniedError", "NotFoundError",
    "UnprocessableEntityError",
})  # fmt: skip
"""What providers' clients raise for requests that they will refuse again."""
_PROVIDERS = ("openai", "anthropic", "groq", "mistralai", "together")
_MOSTLY = frozenset({"PermissionError", "FileExistsError", "Exception", "BaseException"})
"""Errors that seldom heal, or of which many do not."""
_OF_VALUES = frozenset({
    "ValueError", "TypeError", "KeyError", "IndexError", "LookupError", "AssertionError",
    "ArithmeticError", "ZeroDivisionError",
})  # fmt: skip
"""Errors that come back where equal values come back."""


_METHODS = frozenset({
    "append", "endswith", "join", "lower", "partition", "replace", "rstrip", "split", "splitlines",
    "startswith", "strip", "title", "upper",
})  # fmt: skip
_OUTSIDE = frozenset({"input", "next", "open"})


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that try again what fails for good."""
    for node in graph.nodes.values():
        ours = getattr(node.policy, "retry", None)
        if "refused" in getattr(ours, "on", ()):
            yield RULE.finding(
                graph,
                f"member {node.name!r} retries on 'refused', which cannot heal",
                "Leave 'refused' out of `Retry.on`, and give the policy a fallback on it.",
                node=node.name,
            )
        for retry in node.retry:
            if retry.max_attempts > 1:
                yield from _of(graph, node, retry)


def _of(graph: Graph, node: Node, retry: Retry) -> Iterator[Finding]:
    names = retry.on_names or ()
    bad = [name for name in names if name in _NEVER or (name in _REFUSED and _is_theirs(retry))]
    bad += [name for name in names if name in _OF_VALUES and _always_the_same(node)]
    seldom = [name for name in names if name in _MOSTLY]
    what = ""
    certainty: Certainty = "possible"
    if bad:
        what, certainty = f"retries on {', '.join(bad)}, which cannot heal", "proved"
    elif seldom:
        what = f"retries on {', '.join(seldom)}, which seldom heals or takes in what cannot heal"
    elif retry.on is None and retry.on_names is None and model_calls(node):
        what = (
            "calls a model under the default `retry_on`, which tries again what is refused for "
            "good (400, 401, 404)"
        )
    if what:
        yield RULE.finding(
            graph,
            f"node {node.name!r} {what}",
            "Name in `retry_on` what may heal, such as (ConnectionError, TimeoutError) and a "
            "provider's rate limit.",
            certainty=certainty,
            node=node.name,
            place=retry.at,
        )


def _is_theirs(retry: Retry) -> bool:
    """Whether a provider's client has the errors that are named."""
    given = retry.on
    if isinstance(given, str):
        return given.strip("([").startswith(_PROVIDERS)
    listed: list[Any] = list(given) if isinstance(given, list | tuple) else [given]
    return any(getattr(e, "__module__", "").startswith(_PROVIDERS) for e in listed)


def _always_the_same(node: Node) -> bool:
    """Whether a node asks nobody: all it calls is Python's own."""
    code = node.code
    if code is None or node.graph is not None or node.tools or code.wrapped:
        return False
    return all(_is_pythons(call.name) for call in code.calls)


def _is_pythons(name: str) -> bool:
    """Whether a function is built in, or is a method of a text or a list."""
    module, _, last = name.rpartition(".")
    if module == "" and name.startswith("."):
        return last in _METHODS
    return module in {"", "builtins"} and hasattr(builtins, last) and last not in _OUTSIDE


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that is tried again when its code is wrong."""
    policy = RetryPolicy(max_attempts=4, retry_on=(NotImplementedError, ConnectionError))
    return inserted(builder, "tries_in_vain", _tries_in_vain, retry_policy=policy)


async def _tries_in_vain(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("P401", "retry-on-permanent", "warning", __doc__, check, mutate)
