"""A call that blocks in an async node holds up the whole process, and its timeout never fires.

All async nodes share one event loop. While one of them sleeps, asks over the wire or runs a program
without `await`, nothing else goes on: no other run, no heartbeat, no cancellation. A timeout of the
node fires only once the call is over, if at all, and LangGraph may then take the result though it
came too late. `langgraph dev` raises a `BlockingError` there.

Bad:

```python
import requests
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


async def look(state: State) -> dict:
    said = requests.get("https://weather.example", params={"city": state["city"]}, timeout=60)
    return {"weather": said.text}


builder = StateGraph(State)
builder.add_node("look", look, timeout=10)
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```

Good:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


async def look(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        said = await client.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


builder = StateGraph(State)
builder.add_node("look", look, timeout=10)
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from stretto.check.blocking import blocking
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.blocking import Blocking
    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the calls of async nodes that block."""
    for node in graph.nodes.values():
        if node.code is None or not node.code.is_async or node.code.wrapped:
            continue
        for each in {found.at: found for found in blocking(node.code)}.values():
            yield _finding(graph, node, each)


def _finding(graph: Graph, node: Node, found: Blocking) -> Finding:
    timed = node.timeout is not None
    what = "so its timeout does not fire" if timed else "and holds up all that runs beside"
    return RULE.finding(
        graph,
        f"async node {node.name!r}: {found.name!r} blocks the event loop, {what}",
        "Await its async twin, or call it by `await asyncio.to_thread(...)`.",
        certainty="proved" if found.sure else "possible",
        severity="error" if timed and found.sure else "warning",
        node=node.name,
        place=found.at,
    )


def mutate(builder: Builder) -> Builder:
    """Put an async node at the front that sleeps past its timeout."""
    return inserted(builder, "oversleeps", _oversleeps, timeout=0.5)


async def _oversleeps(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    time.sleep(2)  # noqa: ASYNC251 - the fault
    return {}


RULE = Rule("P404", "blocking-call", "error", __doc__, check, mutate)
