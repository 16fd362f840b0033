"""A loop without a way out goes on until the recursion limit ends the run with an error.

A cycle of static edges alone never stops: nothing in it decides. Another static edge that leaves it
does not help, since all edges of a node are followed. LangGraph compiles it, and its limit is 10007
supersteps.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_edge("review", "write")
graph = builder.compile()
```

Good:

```python
from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

def again(state: State) -> Literal["write", "__end__"]:
    return "write" if state["rounds"] < 3 else END


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_conditional_edges("review", again)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx

from stretto.check.facts import START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the cycles of static edges."""
    static: Any = nx.DiGraph()
    static.add_edges_from((a, b) for a, b in graph.edges if a != START and b in graph.nodes)
    for part in nx.strongly_connected_components(static):
        if len(part) == 1 and not static.has_edge(*(list(part) * 2)):
            continue
        names = in_order(graph, frozenset(part))
        if any(_leaves(graph, name) for name in names):
            continue
        way = " -> ".join([*names, names[0]])
        place = graph.places.edge(names[-1], names[0]) if graph.places else None
        yield RULE.finding(
            graph,
            f"the loop {way} has no way out",
            "Lead out of it by a conditional edge that can choose END.",
            node=names[-1],
            place=place,
            path=(*names, names[0]),
        )


def _leaves(graph: Graph, name: str) -> bool:
    """Whether a node may raise an error that is handled elsewhere, which ends its way."""
    return bool(graph.nodes[name].handler)


def mutate(builder: Builder) -> Builder | None:
    """Lead a node back to itself."""
    name = next((n for n, spec in builder.nodes.items() if not spec.error_handler_node), None)
    if name is None or name not in {a for a, _ in builder.edges}:
        edges = [source for source, _ in sorted(builder.edges) if source != START]
        name = next((a for a in edges if not builder.nodes[a].error_handler_node), name)
    if name is None:
        return None
    made = copied(builder)
    made.edges.add((name, name))
    return made


RULE = Rule("G103", "endless-loop", "error", __doc__, check, mutate)
