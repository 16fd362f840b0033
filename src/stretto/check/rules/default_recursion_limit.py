"""A loop whose end is up to what it finds runs up to ten thousand times where no limit is set.

LangGraph's recursion limit is 10007 supersteps, where it used to be 25. It is counted in each
graph by itself: a graph within another has all of them each time it runs. A loop that counts
nothing, works nothing off and asks nobody has no other bound.

Bad:

```python
from typing import Literal

import httpx
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    job: str
    ready: bool


async def look(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        said = await client.get("https://jobs.example", params={"job": state["job"]})
    return {"ready": said.text.startswith("ready")}


def again(state: State) -> Literal["look", "__end__"]:
    return END if state["ready"] else "look"


builder = StateGraph(State)
builder.add_node("look", look)
builder.add_edge(START, "look")
builder.add_conditional_edges("look", again)
graph = builder.compile()
```

Good:

```python
from typing import Literal

import httpx
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    job: str
    ready: bool
    looks: int


async def look(state: State) -> dict:
    async with httpx.AsyncClient() as client:
        said = await client.get("https://jobs.example", params={"job": state["job"]})
    return {"ready": said.text.startswith("ready"), "looks": state.get("looks", 0) + 1}


def again(state: State) -> Literal["look", "__end__"]:
    return END if state["ready"] or state["looks"] >= 20 else "look"


builder = StateGraph(State)
builder.add_node("look", look)
builder.add_edge(START, "look")
builder.add_conditional_edges("look", again)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from stretto.check.facts import START
from stretto.check.mutating import copied
from stretto.check.reading.compiled import read_graph
from stretto.check.rule import Rule
from stretto.check.unbounded import mentioned, unbounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the loops without a bound that call no model."""
    for found in unbounded(graph):
        if found.agent is None and not found.model:
            way = " -> ".join([*found.names, found.names[0]])
            yield RULE.finding(
                found.graph,
                f"nothing bounds the loop {way} but the default recursion limit",
                "Count the rounds in the state and lead out of the loop, or compile it "
                "`.with_config(recursion_limit=...)`.",
                certainty="possible",
                node=found.names[-1],
                path=(*found.names, found.names[0]),
            )


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Put a node beside the others that looks again until something is there."""
    if mentioned(read_graph(builder)):
        return None  # whoever wrote it knows of the limit
    made = copied(builder)
    made.add_node("looks_again", _looks_again)
    made.add_edge(START, "looks_again")
    made.add_conditional_edges("looks_again", _is_there)
    return made.compile()


async def _looks_again(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


def _is_there(state: Any) -> Literal["looks_again", "__end__"]:
    return "__end__" if state else "looks_again"


RULE = Rule("P407", "default-recursion-limit", "warning", __doc__, check, mutate)
