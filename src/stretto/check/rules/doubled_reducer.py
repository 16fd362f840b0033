"""A subgraph that shares a field whose reducer adds gives back what it was given: it is doubled.

A subgraph that is a node is given the fields that both states have, and gives back every field of
its output, also what it was given. For a field with `operator.add`, or another reducer that puts
what is written behind what is there, the graph above adds the old items to the old items. The same
holds for numbers. `add_messages` knows messages by their id, so that they come once. A list that is
only ever empty before the subgraph is not doubled; nothing is said of those, nor of what comes by
`Send`.

Bad:

```python
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


def first(state: State) -> dict:
    return {"notes": ["first"]}


def second(state: State) -> dict:
    return {"notes": ["second"]}


inner = StateGraph(State)
inner.add_node("second", second)
inner.add_edge(START, "second")
inner.add_edge("second", END)
inner_graph = inner.compile()

builder = StateGraph(State)
builder.add_node("first", first)
builder.add_node("inner", inner_graph)
builder.add_edge(START, "first")
builder.add_edge("first", "inner")
builder.add_edge("inner", END)
graph = builder.compile()
```

Good:

```python
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: Annotated[list[str], operator.add]


class Input(TypedDict):
    topic: str


def first(state: State) -> dict:
    return {"notes": ["first"]}


def second(state: State) -> dict:
    return {"notes": ["second"]}


inner = StateGraph(State, input_schema=Input)
inner.add_node("second", second)
inner.add_edge(START, "second")
inner.add_edge("second", END)
inner_graph = inner.compile()

builder = StateGraph(State)
builder.add_node("first", first)
builder.add_node("inner", inner_graph)
builder.add_edge(START, "first")
builder.add_edge("first", "inner")
builder.add_edge("inner", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from stretto.check.beginning import after, beginning
from stretto.check.mutating import inserted
from stretto.check.reducers import adds
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields that a subgraph takes and gives back, and whose reducer adds."""
    holders: list[Node | Branch] = [*graph.nodes.values(), *graph.branches]
    codes = [each.code for each in holders if each.code]
    sent = {jump.target for code in codes for jump in code.jumps if jump.kind == "send"}
    for node in graph.nodes.values():
        if node.graph is None or node.code is not None or node.member is not None:
            continue
        for key in sorted(_shared(graph, node)) if node.name not in sent else ():
            before = _written_before(graph, node, key)
            if before:
                yield RULE.finding(
                    graph,
                    f"subgraph {node.name!r} gives back {key!r} with all that it was given, and "
                    f"{graph.fields[key].reducer!r} adds it again",
                    "Give the subgraph an input_schema without the field, or an output_schema with "
                    "a field of its own.",
                    certainty="proved" if before == "always" else "possible",
                    node=node.name,
                    key=key,
                )


def _shared(graph: Graph, node: Node) -> set[str]:
    """The fields that are given to a subgraph whole, and come back whole."""
    inner = node.graph
    if inner is None:
        return set()
    keys = graph.fields.keys() & inner.input & inner.output
    keys = keys if node.reads is None else keys & node.reads
    return {k for k in keys if adds(graph.fields[k]) and _comes_back(inner, k)}


def _comes_back(inner: Graph, key: str) -> bool:
    """Whether what was given is still there at the end: it is added to, or not written at all."""
    if adds(inner.fields[key]):
        return True
    single = not inner.fields[key].merges
    writes = [node.writes for node in inner.nodes.values()]
    return single and all(keys is not None and key not in keys for keys in writes)


def _written_before(graph: Graph, node: Node, key: str) -> str:
    """Whether something writes a field before a node: "always", "maybe" or not."""
    writers = {each.name for each in graph.nodes.values() if _writes(each, key)}
    first = beginning(graph)
    if node.name in first:
        ahead = first[: first.index(node.name)]
        for name in ahead:
            code = graph.nodes[name].code
            if code is not None and any(w.key == key and w.every for w in code.writes):
                return "always"
    before = {name for name in writers if node.name in after(graph, name)}
    return "maybe" if before else ""


def _writes(node: Node, key: str) -> bool:
    """Whether a node is known to write a field, or a node of the graph that it is."""
    if node.graph is not None and node.code is None:
        return key in node.graph.output and any(_writes(n, key) for n in node.graph.nodes.values())
    return key in (node.writes or ())


class _Doubled(TypedDict):
    """A list that is doubled."""

    a_doubled_list: Annotated[list[str], operator.add]


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that writes a list, and a subgraph behind it that shares the list."""
    if "__root__" in builder.channels:
        return None
    inner: Builder = StateGraph(_Doubled)
    inner.add_node("adds", _adds)
    inner.add_edge(START, "adds")
    inner.add_edge("adds", END)
    made = inserted(builder, "doubles", inner.compile(), input_schema=_Doubled)
    return inserted(made, "adds_first", _adds, input_schema=_Doubled)


def _adds(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_doubled_list": ["again"]}


RULE = Rule("S205", "doubled-reducer", "error", __doc__, check, mutate)
