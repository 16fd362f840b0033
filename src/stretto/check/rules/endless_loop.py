"""A loop without a way out goes on until the recursion limit ends the run with an error.

A cycle of static edges alone never stops: nothing in it decides. Another static edge that leaves it
does not help, since all edges of a node are followed. LangGraph compiles it, and its limit is 10007
supersteps. Nor does a condition help that decides by a field which nothing in the loop writes: it
decides the same each time. A loop that waits for a person in it is left alone.

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
graph = builder.compile().with_config(recursion_limit=25)
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

from stretto.check.conditions import beside, decides_by, written_in
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.ways import branches_of, hands_over, in_order, loops, pauses, raises

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the loops of static edges, and those whose condition never changes."""
    static: Any = nx.DiGraph()
    static.add_edges_from((a, b) for a, b in graph.edges if a in graph.nodes and b in graph.nodes)
    turning: set[str] = set()
    for part in nx.strongly_connected_components(static):
        if len(part) == 1 and not static.has_edge(*(list(part) * 2)):
            continue
        turning |= part
        names = in_order(graph, frozenset(part))
        if any(_leaves(graph, name) for name in names):
            continue
        way = " -> ".join([*names, names[0]])
        sure = not any(graph.nodes[n].opaque or raises(graph.nodes[n]) for n in names)
        yield RULE.finding(
            graph,
            f"the loop {way} has no way out",
            "Lead out of it by a conditional edge that can choose END.",
            certainty="proved" if sure else "possible",
            node=names[-1],
            place=graph.places.edge(names[-1], names[0]) if graph.places else None,
            path=(*names, names[0]),
        )
    branches = branches_of(graph)
    for part in loops(graph):
        if not part & turning:
            yield from _unchanged(graph, part, branches)


def _leaves(graph: Graph, name: str) -> bool:
    """Whether a node may end its way by itself, or lets somebody end it."""
    node = graph.nodes[name]
    return bool(node.handler) or hands_over(node) or pauses(graph, name)


def _unchanged(
    graph: Graph, part: frozenset[str], branches: dict[str, list[Branch]]
) -> Iterator[Finding]:
    """Name a loop all of whose exits decide by what nothing in it, or beside it, writes."""
    names = in_order(graph, part)
    jumps = any(graph.ways[name].jumps or not graph.ways[name].whole for name in names)
    if not names or jumps or any(_leaves(graph, name) for name in names):
        return
    exits = [each for name in names for each in branches.get(name, ()) if _exits(each, part)]
    decided = [decides_by(graph, each) for each in exits]
    written = written_in(graph, part) if exits and all(decided) else None
    if written is None or any(keys & written for keys in decided if keys):
        return
    others = written_in(graph, beside(graph, part))
    if others is None or any(keys & others for keys in decided if keys):
        return
    keys = sorted({key for each in decided for key in each or ()})
    yield RULE.finding(
        graph,
        f"the loop {' -> '.join([*names, names[0]])} goes on or not by "
        f"{', '.join(map(repr, keys))}, which nothing in it writes",
        "Write in the loop what its condition reads, or count its rounds.",
        certainty="possible",
        node=exits[0].source,
        key=keys[0],
        place=exits[0].place,
        path=(*names, names[0]),
    )


def _exits(branch: Branch, part: frozenset[str]) -> bool:
    targets = branch.targets
    return targets is None or bool(targets - part) or END in targets


def mutate(builder: Builder) -> Builder:
    """Start a node as well that leads to itself alone."""
    made = copied(builder)
    made.add_node("spins", _spins)
    made.add_edge(START, "spins")
    made.add_edge("spins", "spins")
    return made


def _spins(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("G103", "endless-loop", "error", __doc__, check, mutate)
