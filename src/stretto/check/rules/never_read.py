"""A field that is written and never read is work for nobody.

No node, no branch and no subgraph is given the field, or none uses it, and the output schema leaves
it out: what is written ends in the checkpoint. Either a node forgot to use it, or the output schema
forgot to name it, or it can go. Whoever looks into checkpoints may want it still, so that this is
never more than possible.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    sources: str
    answer: str


class Output(TypedDict):
    answer: str


def search(state: State) -> dict:
    return {"sources": "an almanac on " + state["question"]}


def reply(state: State) -> dict:
    return {"answer": state["question"] + ": yes"}


builder = StateGraph(State, output_schema=Output)
builder.add_node("search", search)
builder.add_node("reply", reply)
builder.add_edge(START, "search")
builder.add_edge("search", "reply")
builder.add_edge("reply", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    sources: str
    answer: str


class Output(TypedDict):
    answer: str


def search(state: State) -> dict:
    return {"sources": "an almanac on " + state["question"]}


def reply(state: State) -> dict:
    return {"answer": state["question"] + ": yes, by " + state["sources"]}


builder = StateGraph(State, output_schema=Output)
builder.add_node("search", search)
builder.add_node("reply", reply)
builder.add_edge(START, "search")
builder.add_edge("search", "reply")
builder.add_edge("reply", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function, Graph, Node, Write
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields that are written, and that nothing reads."""
    hidden = {name for name, field in graph.fields.items() if not field.managed} - graph.output
    if not hidden:
        return
    read = _read(graph)
    if read is None:
        return
    named: set[str] = set()
    for node in graph.nodes.values():
        for write in _written(node):
            if write.key in hidden - read - named:
                named.add(write.key)
                yield RULE.finding(
                    graph,
                    f"node {node.name!r} writes {write.key!r}, which nothing reads",
                    "Use it, add it to the output schema, or leave it out.",
                    certainty="possible",
                    node=node.name,
                    key=write.key,
                    place=write.at,
                )


def _written(node: Node) -> Iterator[Write]:
    code = node.code
    if code is not None and node.member is None and not code.wrapped:
        yield from (write for write in code.writes if not write.parent)


def _read(graph: Graph) -> set[str] | None:
    """The fields that something may read; `None` when it may be any."""
    found: set[str] = set()
    for node in graph.nodes.values():
        keys = _read_by(node)
        if keys is None:
            return None
        found |= keys
    for branch in graph.branches:
        keys = _keys(branch.code) if branch.code is not None else None
        keys = branch.reads if keys is None else keys
        if keys is None:
            return None
        found |= keys
    return found


def _read_by(node: Node) -> frozenset[str] | None:
    if node.graph is not None and node.graph.nodes and node.code is None and node.member is None:
        return node.graph.input
    plain = node.code is not None and node.member is None and not node.code.wrapped
    keys = _keys(node.code) if plain and node.code is not None else None
    return node.reads if keys is None else keys


def _keys(code: Function) -> frozenset[str] | None:
    return None if code.reads_all else frozenset(read.key for read in code.reads)


class _Vain(TypedDict):
    """What is written in vain."""

    a_note_to_nobody: str


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that writes a private field, which no other node is given."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "writes_in_vain", _writes_in_vain, input_schema=_Vain)


def _writes_in_vain(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_note_to_nobody": "hello"}


RULE = Rule("S203", "never-read", "warning", __doc__, check, mutate)
