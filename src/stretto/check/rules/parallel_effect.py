"""An effect beside a node that may fail is done twice when the run goes on.

When one of several nodes of a step fails, an async run cancels the others, wherever they are, and
keeps nothing of them. Resumed, it runs them again from their top: what they had done already they
do again. Put the effect into a step of its own, behind the others, or make it happen once:
`stretto.effect`, a LangGraph task, an idempotency key.

Bad:

```python
import operator
from typing import Annotated

import httpx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    item: str
    log: Annotated[list[str], operator.add]


async def order(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        await client.post("https://shop.example/orders", json={"item": state["item"]})
    return {"log": ["ordered"]}


async def weather(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        said = await client.get("https://weather.example/today")
    return {"log": [said.text]}


builder = StateGraph(State)
builder.add_node("order", order)
builder.add_node("weather", weather)
builder.add_edge(START, "order")
builder.add_edge(START, "weather")
builder.add_edge("order", END)
builder.add_edge("weather", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
import operator
from typing import Annotated

import httpx
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    item: str
    log: Annotated[list[str], operator.add]


async def order(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        await client.post("https://shop.example/orders", json={"item": state["item"]})
    return {"log": ["ordered"]}


async def weather(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        said = await client.get("https://weather.example/today")
    return {"log": [said.text]}


builder = StateGraph(State)
builder.add_node("order", order)
builder.add_node("weather", weather)
builder.add_edge(START, "weather")
builder.add_edge("weather", "order")
builder.add_edge("order", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import httpx
from langgraph.constants import START

from stretto.check.concurrency import concurrency
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Call, Effect, Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_FAILS = re.compile(
    r"^(requests|httpx|aiohttp|urllib|openai|anthropic|subprocess|sqlite3|psycopg)\.|"
    r"\.(invoke|ainvoke|stream|astream|get|post|put|patch|delete|execute|fetch|request)$"
)
"""Calls that go over a wire, or run a model."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the effects of nodes that run beside others that may fail."""
    acting = {name: found for name, node in graph.nodes.items() if (found := _effects(node))}
    if not acting:
        return
    known = concurrency(graph)
    for name, effects in acting.items():
        beside = sorted(
            other
            for pair in known.pairs
            if name in pair
            for other in pair - {name}
            if _may_fail(graph.nodes[other])
        )
        if name in known.many:
            beside.append(name)
        if beside:
            yield RULE.finding(
                graph,
                f"node {name!r}: {effects[0].call!r} is done again on resume when {beside[0]!r} "
                "fails beside it",
                "Do it in a step of its own, or by `stretto.effect` or a LangGraph task.",
                certainty="possible",
                node=name,
                place=effects[0].at,
            )


def _effects(node: Node) -> list[Effect]:
    """What a node does that is not to be done twice."""
    if node.code is None or node.member is not None:
        return []
    kinds = ("world", "declared")
    return [each for each in node.code.effects if each.kind in kinds and not each.again]


def _may_fail(node: Node) -> bool:
    """Whether a node calls what is known to fail at times."""
    if node.handler or node.is_handler:
        return False
    if node.graph is not None or node.agent is not None or node.tools:
        return True
    if node.code is None:
        return False
    return any(each.caught is None and _goes_out(each) for each in node.code.calls)


def _goes_out(call: Call) -> bool:
    if not _FAILS.search(call.name):
        return False
    match call.tree.func:
        case ast.Attribute(value=ast.Name(id=name), attr="get"):
            return bool(re.search(r"client|session|http|requests|api", name, re.IGNORECASE))
        case ast.Attribute(attr="get" | "stream"):
            return not call.name.startswith(".")
        case _:
            return True


def mutate(builder: Builder) -> Builder:
    """Put two nodes beside each other at the front that go over the wire."""
    made = copied(builder)
    for name in ("orders_a_lamp", "orders_a_chair"):
        made.add_node(name, _orders)
        made.add_edge(START, name)
    return made


def _orders(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    httpx.post("https://shop.example/orders")
    return {}


RULE = Rule("E306", "parallel-effect", "warning", __doc__, check, mutate)
