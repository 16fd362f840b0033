"""By what its nodes write, a run can come to a point from which it never ends.

All states of the graph were looked through: what runs next, and what is known of the fields that
its conditions read. From some of them no way leads to the end, since a condition waits for a value
that no node ever writes. A run that gets there goes on until the recursion limit.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    status: str


def work(state: State) -> dict:
    return {"status": "doing"}


def after(state: State):
    return END if state["status"] == "done" else "work"


builder = StateGraph(State)
builder.add_node("work", work)
builder.add_edge(START, "work")
builder.add_conditional_edges("work", after, ["work", END])
graph = builder.compile().with_config(recursion_limit=20)
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    status: str


def work(state: State) -> dict:
    return {"status": "doing"}


def finish(state: State) -> dict:
    return {"status": "done"}


def after(state: State):
    return END if state["status"] == "done" else "finish"


builder = StateGraph(State)
builder.add_node("work", work)
builder.add_node("finish", finish)
builder.add_edge(START, "work")
builder.add_conditional_edges("work", after, ["finish", END])
builder.add_conditional_edges("finish", after, ["finish", END])
graph = builder.compile().with_config(recursion_limit=20)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import networkx as nx
from langgraph.channels import LastValue

from stretto.check.bounds.tracking import assumed
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule
from stretto.check.rules import endless_loop, no_path_to_end
from stretto.check.searching import searched, way_to
from stretto.check.ways import pauses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.bounds.space import Space, State
    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name a state that no way leads to the end from, unless the shape alone says so."""
    if not graph.branches or any(_by_shape(graph)):
        return
    space = searched(graph)
    if space is None:
        return
    made: Any = space.ways
    saved = _saved(made)
    lost = [state for state in made if state not in saved]
    stuck = [part for part in _stuck(space, lost) if not any(pauses(graph, n) for n in part)]
    if not stuck:
        return  # who is asked may change what it waits for
    first = min(lost, key=lambda state: len(way_to(space, state)))
    way = way_to(space, first)
    node = next((name for name in first.names if name in graph.nodes), "")
    yield RULE.finding(
        graph,
        f"no run that comes to {node!r} by {' -> '.join(map(_shown, way))} can ever end"
        if node
        else f"no run can ever end: nothing lets go of {', '.join(map(repr, sorted(stuck[0])))}",
        "Let a node write what the condition waits for, or give the condition another way out.",
        node=node,
        path=way,
        certainty="possible" if any(assumed(graph, space.names)) else "proved",
    )


def _saved(made: Any) -> set[State]:
    """The states from which some way leads to an end: back from all ends at once."""
    ahead = [state for state in made if not state.running]
    saved = set(ahead)
    while ahead:
        new = set(made.predecessors(ahead.pop())) - saved
        saved |= new
        ahead += new
    return saved


def _stuck(space: Space, lost: list[State]) -> list[frozenset[str]]:
    """The nodes that a run comes back to for ever, each set of states that it cannot leave."""
    whole: Any = nx.condensation(space.ways.subgraph(lost))
    last = [part for part in whole if not whole.out_degree(part)]
    return [
        frozenset(name for state in whole.nodes[part]["members"] for name in state.names)
        for part in last
    ]


def _by_shape(graph: Graph) -> Iterator[Finding]:
    yield from no_path_to_end.check(graph)
    yield from endless_loop.check(graph)


def _shown(name: str) -> str:
    return {START: "START", END: "END"}.get(name, name)


def mutate(builder: Builder) -> Builder | None:
    """Start beside the graph a loop that waits for what nobody writes."""
    if any(spec.ends is None for each in builder.branches.values() for spec in each.values()):
        return None
    made = copied(builder)
    made.channels["mutant_status"] = LastValue(str)
    made.schemas[made.state_schema] = {
        **made.schemas[made.state_schema],
        "mutant_status": made.channels["mutant_status"],
    }
    made.add_node("waits_in_vain", _waits)
    made.add_edge(START, "waits_in_vain")
    made.add_conditional_edges("waits_in_vain", _done)
    return made


def _waits(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"mutant_status": "doing"}


def _done(state: Any) -> Literal["waits_in_vain", "__end__"]:
    return "__end__" if state["mutant_status"] == "done" else "waits_in_vain"


RULE = Rule("M804", "end-unreachable", "error", __doc__, check, mutate)
