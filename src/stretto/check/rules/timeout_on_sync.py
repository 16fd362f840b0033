"""A synchronous node cannot have a timeout: LangGraph refuses to compile it.

Python cannot end a thread, so LangGraph takes a `timeout` for async nodes only, and raises a
`ValueError` for others when the graph is compiled. That is so with the timeout of
`set_node_defaults`, too, for each node and each error handler that has none of its own.

Bad:

```python
import httpx
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


graph = StateGraph(State)
graph.add_node("look", look, timeout=10)
graph.add_edge(START, "look")
graph.add_edge("look", END)
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


graph = StateGraph(State)
graph.add_node("look", look, timeout=10)
graph.add_edge(START, "look")
graph.add_edge("look", END)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the synchronous nodes with a timeout."""
    for node in graph.nodes.values():
        if node.timeout is not None and node.sync is True:
            yield RULE.finding(
                graph,
                f"node {node.name!r} is synchronous and has a timeout, which LangGraph refuses",
                "Make it `async def` and await what it waits for, or give the timeout to what it "
                "calls.",
                node=node.name,
            )


def mutate(builder: Builder) -> Builder:
    """Put a synchronous node with a timeout at the front."""
    return inserted(builder, "is_never_late", _is_never_late, timeout=5)


def _is_never_late(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("P403", "timeout-on-sync", "error", __doc__, check, mutate)
