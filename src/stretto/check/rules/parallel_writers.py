"""Two nodes of one superstep that write one field without a reducer end the run with an error.

A field without a reducer takes one value a superstep. Where two nodes that run side by side both
write it, or one node that is sent to several times, LangGraph raises `InvalidUpdateError` ("Can
receive only one value per step") after both have done their work. A subgraph gives back every field
of its output that has a value, also those that it only was given: two subgraphs side by side that
share such a field collide, too. That two run at once is worked out from the edges, from lists that
branches return, from `Command(goto=[...])` and from `Send`; where it depends on what two branches
choose side by side, nothing is said.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    answer: str


def ask_ada(state: State) -> dict:
    return {"answer": "Ada on " + state["question"]}


def ask_grace(state: State) -> dict:
    return {"answer": "Grace on " + state["question"]}


builder = StateGraph(State)
builder.add_node("ask_ada", ask_ada)
builder.add_node("ask_grace", ask_grace)
builder.add_edge(START, "ask_ada")
builder.add_edge(START, "ask_grace")
builder.add_edge("ask_ada", END)
builder.add_edge("ask_grace", END)
graph = builder.compile()
```

Good:

```python
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    answers: Annotated[list[str], operator.add]


def ask_ada(state: State) -> dict:
    return {"answers": ["Ada on " + state["question"]]}


def ask_grace(state: State) -> dict:
    return {"answers": ["Grace on " + state["question"]]}


builder = StateGraph(State)
builder.add_node("ask_ada", ask_ada)
builder.add_node("ask_grace", ask_grace)
builder.add_edge(START, "ask_ada")
builder.add_edge(START, "ask_grace")
builder.add_edge("ask_ada", END)
builder.add_edge("ask_grace", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from langgraph.graph import END, START
from typing_extensions import TypedDict

from stretto.check.concurrency import concurrency
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding, Place
    from stretto.check.mutating import Builder

_Strength = Literal[0, 1, 2]
"""Whether a node writes a field under a condition, may well write it, or always does."""
_REMEDY = (
    "Give the field a reducer, such as `Annotated[list[str], operator.add]`, or let each write a "
    "field of its own."
)


@dataclass
class _Conflict:
    nodes: set[str] = field(default_factory=set[str])
    proved: bool = False


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields that two nodes of one superstep write, though nothing merges it."""
    single = {name for name, each in graph.fields.items() if not (each.merges or each.managed)}
    writes = {n.name: {k: s for k, s in _writes(n, graph).items() if k in single}
              for n in graph.nodes.values()}  # fmt: skip
    if not any(writes.values()):
        return
    found: dict[str, _Conflict] = {}
    step = concurrency(graph)
    for pair in step.pairs:
        one, other = sorted(pair)
        for key in writes[one].keys() & writes[other].keys():
            strength = writes[one][key] + writes[other][key]
            if strength >= 2:
                conflict = found.setdefault(key, _Conflict())
                conflict.nodes |= pair
                conflict.proved = conflict.proved or (strength == 4 and pair in step.sure)
    yield from (_of_two(graph, key, conflict) for key, conflict in sorted(found.items()))
    for name in sorted(step.many):
        yield from (_of_many(graph, name, key) for key, s in writes[name].items() if s == 2)


def _writes(node: Node, graph: Graph) -> dict[str, _Strength]:
    """The fields that a node writes, and how surely."""
    if node.graph is not None and node.code is None and node.member is None:
        return _written_by_graph(node.graph, graph)
    code = node.code
    if code is not None and node.member is None and not code.wrapped:
        return {w.key: 2 if w.every else 0 for w in code.writes if not w.parent}
    return dict.fromkeys(node.writes or (), 1)


def _written_by_graph(inner: Graph, above: Graph) -> dict[str, _Strength]:
    """What a subgraph gives back: what it writes, and what it was given and needs."""
    codes = [n.code for n in inner.nodes.values() if n.code is not None and n.member is None]
    written = {w.key for code in codes for w in code.writes if w.every}
    needed = {r.key for code in codes for r in code.reads if r.sure and r.always}
    passed = needed & inner.input & above.input
    return dict.fromkeys((written | passed) & inner.output, 1)


def _of_two(graph: Graph, key: str, conflict: _Conflict) -> Finding:
    names = [name for name in graph.nodes if name in conflict.nodes]
    listed = " and ".join([", ".join(map(repr, names[:-1])), repr(names[-1])])
    return RULE.finding(
        graph,
        f"nodes {listed} {'' if conflict.proved else 'may '}write {key!r} in one superstep, "
        "and nothing merges it",
        _REMEDY,
        certainty="proved" if conflict.proved else "possible",
        node=names[-1],
        key=key,
        place=_place(graph.nodes[names[-1]], key),
        path=tuple(names),
    )


def _of_many(graph: Graph, name: str, key: str) -> Finding:
    return RULE.finding(
        graph,
        f"node {name!r} may be sent to several times in one superstep and writes {key!r} each "
        "time, and nothing merges it",
        _REMEDY,
        certainty="possible",
        node=name,
        key=key,
        place=_place(graph.nodes[name], key),
    )


def _place(node: Node, key: str) -> Place | None:
    writes = node.code.writes if node.code is not None else ()
    return next((write.at for write in writes if write.key == key), None)


class _Contested(TypedDict):
    """What two want to write."""

    a_contested_field: str


def mutate(builder: Builder) -> Builder | None:
    """Put two nodes at the front, side by side, that write one field."""
    if "__root__" in builder.channels:
        return None
    made = inserted(builder, "writes_first", _writes_first, input_schema=_Contested)
    made.add_node("writes_second", _writes_second, input_schema=_Contested)
    made.edges |= {(START, "writes_second"), ("writes_second", END)}
    return made


def _writes_first(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_contested_field": "mine"}


def _writes_second(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_contested_field": "no, mine"}


RULE = Rule("S204", "parallel-writers", "error", __doc__, check, mutate)
