"""From some nodes no path leads to the end: once there, a run goes on until its recursion limit.

A conditional edge that always chooses among the nodes of its own loop never lets go of it. Most
often END is missing from its path_map. A node that nothing follows counts as an end, and a loop
that waits for a person in it is left alone: that person ends it.

Bad:

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


def after(state: State) -> Literal["write", "review"]:
    return "write" if state["rounds"] < 3 else "review"


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_conditional_edges("write", after)
builder.add_conditional_edges("review", after)
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


def after(state: State) -> Literal["write", "__end__"]:
    return "write" if state["rounds"] < 3 else END


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_conditional_edges("review", after)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import networkx as nx

from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import digraph, in_order, loops, pauses, raises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the loops that nothing leaves, where all their ways are known."""
    made = digraph(graph)
    reached = nx.descendants(made, START)
    for part in loops(graph):
        names = in_order(graph, part)
        if not names or names[0] not in reached or not all(graph.ways[n].whole for n in names):
            continue
        leaves = any(to not in part for name in part for to in made.successors(name))
        if leaves or END in part or not _chooses(graph, names):
            continue
        if any(pauses(graph, name) for name in names):
            continue
        way = ", ".join(map(repr, names))
        yield RULE.finding(
            graph,
            f"no path leads from {way} to the end",
            "Let one of them choose END, or a node that leads there.",
            certainty="possible" if any(raises(graph.nodes[n]) for n in names) else "proved",
            node=names[0],
            path=(*names, names[0]),
        )


def _chooses(graph: Graph, names: list[str]) -> bool:
    """Whether something in the loop decides; a loop of static edges alone is another fault."""
    static = nx.DiGraph([(a, b) for a, b in graph.edges if a in names and b in names])
    return bool(nx.is_directed_acyclic_graph(static))


def mutate(builder: Builder) -> Builder:
    """Lead to a node that never stops asking itself, and nowhere else."""
    made = copied(builder)
    made.add_node("asks_itself", _asks_itself)
    made.add_edge(START, "asks_itself")
    made.add_conditional_edges("asks_itself", _again)
    return made


def _asks_itself(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


def _again(state: Any) -> Literal["asks_itself"]:  # noqa: ARG001 - a branch's
    return "asks_itself"


RULE = Rule("G102", "no-path-to-end", "error", __doc__, check, mutate)
