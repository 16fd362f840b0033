"""A node that no path leads to from START never runs.

LangGraph compiles such a graph without a word: the node is drawn, its work is never done. Most
often an edge was forgotten, or points at another node. Nodes that a function leads to by
`Command(goto=...)` or `Send(...)` count as reached; where not all of a function's targets can be
read, nothing is said.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", END)
builder.add_edge("review", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_edge("review", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stretto.check.facts import START
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that nothing leads to, unless some way could not be read."""
    reached: set[str] = set()
    ahead = [START]
    while ahead:
        name = ahead.pop()
        if name in reached or name not in graph.ways:
            continue
        reached.add(name)
        ways = graph.ways[name]
        if not ways.whole:
            return
        ahead += ways.all
    for name in graph.nodes:
        if name not in reached:
            yield RULE.finding(
                graph,
                f"nothing leads to the node {name!r}",
                "Add an edge to it, or remove it.",
                node=name,
            )


def mutate(builder: Builder) -> Builder:
    """Add a node that nothing leads to."""
    made = copied(builder)
    made.add_node("forgotten", _forgotten)
    return made


def _forgotten(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("G101", "unreachable-node", "error", __doc__, check, mutate)
