"""Two nodes follow one another, and could run side by side: the second needs nothing of the first.

A step takes as long as its slowest node. Two nodes that neither read nor write what the other
writes give the same in one step as in two, in the time of the slower one. Nodes that act on the
world, ask somebody or raise errors are left in their order.

Bad:

```python
import asyncio

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    city: str
    weather: str
    events: str


async def look_at_weather(state: State) -> dict:
    await asyncio.sleep(0.1)
    return {"weather": "sun in " + state["city"]}


async def look_at_events(state: State) -> dict:
    await asyncio.sleep(0.1)
    return {"events": "a fair in " + state["city"]}


builder = StateGraph(State)
builder.add_node("look_at_weather", look_at_weather)
builder.add_node("look_at_events", look_at_events)
builder.add_edge(START, "look_at_weather")
builder.add_edge("look_at_weather", "look_at_events")
builder.add_edge("look_at_events", END)
graph = builder.compile()
```

Good:

```python
import asyncio

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    city: str
    weather: str
    events: str


async def look_at_weather(state: State) -> dict:
    await asyncio.sleep(0.1)
    return {"weather": "sun in " + state["city"]}


async def look_at_events(state: State) -> dict:
    await asyncio.sleep(0.1)
    return {"events": "a fair in " + state["city"]}


builder = StateGraph(State)
builder.add_node("look_at_weather", look_at_weather)
builder.add_node("look_at_events", look_at_events)
builder.add_edge(START, "look_at_weather")
builder.add_edge(START, "look_at_events")
builder.add_edge("look_at_weather", END)
builder.add_edge("look_at_events", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.check.facts import END
from stretto.check.mutating import inserted
from stretto.check.rule import Rule
from stretto.check.ways import pauses, raises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the pairs that follow one another for no reason that can be read."""
    into: dict[str, set[str]] = {}
    for name, ways in graph.ways.items():
        if not ways.whole:
            return
        for to in ways.all:
            into.setdefault(to, set()).add(name)
    for name, node in graph.nodes.items():
        ways = graph.ways[name]
        second = next(iter(ways.static), END)
        if ways.all != ways.static or len(ways.static) != 1 or into.get(second) != {name}:
            continue
        follows = graph.nodes.get(second)
        if follows is not None and _apart(graph, node, follows):
            yield RULE.finding(
                graph,
                f"node {second!r} reads nothing that {name!r} writes: they could run side by side",
                f"Lead to {second!r} from where {name!r} is led to, and let them meet by a list "
                "edge.",
                certainty="possible",
                node=second,
                path=(name, second),
            )


def _apart(graph: Graph, first: Node, second: Node) -> bool:
    """Whether the order of two nodes makes no difference."""
    if not all(_works(graph, each) for each in (first, second)):
        return False
    one, other = first.writes, second.writes
    if first.code is None or second.code is None or not one or not other:
        return False
    return not one & ({read.key for read in second.code.reads} | other)


def _works(graph: Graph, node: Node) -> bool:
    """Whether a node does something that takes time, and nothing that must be in order."""
    code = node.code
    if code is None or node.graph is not None or node.member is not None or code.wrapped:
        return False
    ordered = code.effects or code.mutations or code.jumps or node.handler or raises(node)
    plain = not (node.defer or node.is_handler or ordered or pauses(graph, node.name))
    return plain and code.is_async and not code.reads_all and bool(code.calls)


class _Mine(TypedDict, total=False):
    """What two nodes write."""

    one_thing: str
    another_thing: str


def mutate(builder: Builder) -> Builder:
    """Put two nodes at the front, one after the other, that need nothing of one another."""
    made = inserted(builder, "one_after", _one_after, input_schema=_Mine)
    return inserted(made, "one_before", _one_before, input_schema=_Mine)


async def _one_before(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    await asyncio.sleep(0)
    return {"one_thing": "done"}


async def _one_after(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    await asyncio.sleep(0)
    return {"another_thing": "done"}


RULE = Rule("V901", "could-run-in-parallel", "info", __doc__, check, mutate, advice=True)
