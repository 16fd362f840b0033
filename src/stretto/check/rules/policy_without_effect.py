"""A policy that stands outside of one that hides every failure never takes effect.

A retry, or an error handler, of a node whose code catches everything sees no error.
`ModelRetryMiddleware` by default makes an answer of the last failure (`on_failure="continue"`): a
`ModelFallbackMiddleware` outside of it is never asked. So it is with `ToolRetryMiddleware` within
`ToolErrorMiddleware`; and the other way around what has been put into words for the model is not
tried again. The first in the list of middleware is the outermost.

Bad:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


def look(state: State) -> dict:
    try:
        said = httpx.get("https://weather.example", params={"city": state["city"]}).text
    except Exception:
        said = "unknown"
    return {"weather": said}


builder = StateGraph(State)
builder.add_node("look", look, retry_policy=RetryPolicy(retry_on=httpx.TransportError))
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```

Good:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]}).text
    return {"weather": said}


builder = StateGraph(State)
builder.add_node("look", look, retry_policy=RetryPolicy(retry_on=httpx.TransportError))
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
from langgraph.types import RetryPolicy

from stretto.check.hiding import fails_never, out_of_reach
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the policies of nodes, and the middleware of an agent, that see no failure."""
    for node in graph.nodes.values():
        what = _policy(node)
        if what and node.code is not None and node.graph is None and fails_never(node.code):
            yield RULE.finding(
                graph,
                f"{what} of node {node.name!r} never takes effect: its code catches everything",
                "Catch only what the node can deal with, or leave the policy out.",
                certainty="proved" if "retry" in what else "possible",
                node=node.name,
            )
    if graph.agent is not None:
        for outer, inner, remedy in out_of_reach(graph.agent.middleware):
            yield RULE.finding(
                graph,
                f"{outer} of agent {graph.agent.name!r} sees no failure that {inner} within hides",
                remedy,
                node="model" if "model" in graph.nodes else "",
            )


def _policy(node: Node) -> str:
    """What a node has against failures of its code; a timeout fails outside of that."""
    if node.timeout is not None or node.member is not None:
        return ""
    retries = any(retry.max_attempts > 1 for retry in node.retry)
    return "the retry" if retries else "the error handler" if node.handler else ""


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that is to be tried again, and never fails."""
    if any(spec.timeout for spec in builder.nodes.values()):
        return None
    policy = RetryPolicy(max_attempts=3, retry_on=ConnectionError)
    return inserted(builder, "never_fails", _never_fails, retry_policy=policy)


async def _never_fails(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    try:
        async with httpx.AsyncClient() as client:
            await client.get("https://weather.example")
    except Exception:  # noqa: BLE001 - the fault
        return {}
    return {}


RULE = Rule("P408", "policy-without-effect", "warning", __doc__, check, mutate)
