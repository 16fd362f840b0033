"""A retry around something that must not be done twice does it once more each time.

A node that is tried again starts from its top: what it had done before it failed is done again. So
it is with a call that fails itself, when the other side has done it and only the answer was lost. A
file written anew, an upsert, or a call with an idempotency key may well be done again, and is not
named.

Bad:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    order: str
    day: str


def buy(state: State) -> dict:
    httpx.post("https://shop.example/orders", json={"order": state["order"]})
    return {"day": httpx.get("https://shop.example/delivery").text}


builder = StateGraph(State)
builder.add_node("buy", buy, retry_policy=RetryPolicy(retry_on=httpx.TransportError))
builder.add_edge(START, "buy")
builder.add_edge("buy", END)
graph = builder.compile()
```

Good:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from langgraph.types import RetryPolicy
from typing_extensions import TypedDict


class State(TypedDict):
    order: str
    number: str
    day: str


def buy(state: State) -> dict:
    key = {"Idempotency-Key": state["number"]}
    httpx.post("https://shop.example/orders", json={"order": state["order"]}, headers=key)
    return {"day": httpx.get("https://shop.example/delivery").text}


builder = StateGraph(State)
builder.add_node("buy", buy, retry_policy=RetryPolicy(retry_on=httpx.TransportError))
builder.add_edge(START, "buy")
builder.add_edge("buy", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
from langgraph.types import RetryPolicy

from stretto.check.mutating import inserted
from stretto.check.retrying import Again, decorated, done_again, repeats_tools
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node, Tool
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the effects that a retry does again."""
    for node in graph.nodes.values():
        who = f"node {node.name!r}"
        if node.code is None or node.graph is not None:
            continue
        if _tries_again(node) or decorated(node.code):
            yield from _found(graph, node.name, who, done_again(node.code))
        for call in node.code.calls:
            called = node.code.scope.function(call.tree.func) if not call.within else None
            if called is not None and decorated(called):
                yield from _found(
                    graph, node.name, f"{who}, in {called.name!r}", done_again(called)
                )
    yield from _of_tools(graph)


def _tries_again(node: Node) -> bool:
    if node.member is not None:
        return getattr(node.policy, "retry", None) is not None
    return any(retry.max_attempts > 1 for retry in node.retry)


def _found(graph: Graph, node: str, who: str, found: list[Again]) -> Iterator[Finding]:
    for each in found:
        yield RULE.finding(
            graph,
            f"{who}: {each.effect.call!r} is done again by each retry",
            "Do it in a node of its own without a retry, with an idempotency key, or by "
            "`stretto.effect` or a LangGraph task.",
            certainty="proved" if each.sure else "possible",
            severity="error" if each.sure else "warning",
            node=node,
            place=each.effect.at,
        )


def _of_tools(graph: Graph) -> Iterator[Finding]:
    """Tools that write, under a decorator or a middleware that calls them again."""
    for node in graph.nodes.values():
        agent = node.agent if node.graph is None else None
        agent = agent or (graph.agent if node.tools else None)
        around: tuple[Any, ...] = agent.middleware if agent is not None else ()
        for tool in node.tools or (agent.tools if agent is not None else ()):
            yield from _of_tool(graph, node, tool, around)


def _of_tool(graph: Graph, node: Node, tool: Tool, around: tuple[Any, ...]) -> Iterator[Finding]:
    if tool.effect in {"reads", "idempotent"}:
        return
    who = f"tool {tool.name!r}"
    if tool.code is not None and decorated(tool.code):
        yield from _found(graph, node.name, who, done_again(tool.code))
        return
    if not repeats_tools(around, tool.name):
        return
    if tool.code is not None and (again := done_again(tool.code)):
        yield from _found(graph, node.name, who, again)
    elif tool.effect in {"ask", "fail"}:
        yield RULE.finding(
            graph,
            f"{who}, declared effect={tool.effect!r}, is done again by each retry",
            "Leave it out of the `tools` of `ToolRetryMiddleware`.",
            certainty="possible",
            node=node.name,
            place=tool.place,
        )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that orders, and is tried again when asking fails."""
    policy = RetryPolicy(max_attempts=3, retry_on=ConnectionError)
    return inserted(builder, "orders_again", _orders_again, retry_policy=policy)


async def _orders_again(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    async with httpx.AsyncClient() as client:
        await client.post("https://shop.example/orders")
        await client.get("https://shop.example/delivery")
    return {}


RULE = Rule("P402", "retry-repeats-effect", "error", __doc__, check, mutate)
