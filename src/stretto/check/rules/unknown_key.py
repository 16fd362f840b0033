"""A key that a node returns and no schema has is dropped without a word.

LangGraph keeps the keys it knows of an update and leaves the others out: no error, no warning, the
value is gone. Most often the key is misspelt, or the field was never added to the state. All the
schemas of the graph count: the state, its input and output, and what a node's first parameter or
`input_schema=` names. An update with `graph=Command.PARENT` is for the fields of the graph above.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    answer: str


def reply(state: State) -> dict:
    return {"answers": "To " + state["question"] + ": yes"}


builder = StateGraph(State)
builder.add_node("reply", reply)
builder.add_edge(START, "reply")
builder.add_edge("reply", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    question: str
    answer: str


def reply(state: State) -> dict:
    return {"answer": "To " + state["question"] + ": yes"}


builder = StateGraph(State)
builder.add_node("reply", reply)
builder.add_edge(START, "reply")
builder.add_edge("reply", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node, Write
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the keys of updates that are no field of the graph."""
    known = set(graph.fields)
    if not known or "__root__" in known:
        return
    for node in graph.nodes.values():
        known |= node.reads or set()
    for node in graph.nodes.values():
        for write in _written(node):
            if write.key not in known and not write.key.startswith("__"):
                yield _finding(graph, node, write, known)


def _written(node: Node) -> Iterator[Write]:
    """What a node writes into its own graph, and what the graph that it is writes into this one."""
    code = node.code
    if code is not None and node.member is None and not code.wrapped:
        yield from (write for write in code.writes if not write.parent)
    if node.graph is not None and code is None:
        for inner in node.graph.nodes.values():
            if inner.code is not None and not inner.code.wrapped:
                yield from (write for write in inner.code.writes if write.parent)


def _finding(graph: Graph, node: Node, write: Write, known: set[str]) -> Finding:
    near = get_close_matches(write.key, sorted(known), n=1)
    remedy = f"Write {near[0]!r}, or add the field" if near else "Add the field"
    return RULE.finding(
        graph,
        f"node {node.name!r} returns {write.key!r}, which no schema has: it is dropped",
        f"{remedy} to the state.",
        certainty="proved" if write.always else "possible",
        node=node.name,
        key=write.key,
        place=write.at,
    )


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that returns a key of no schema."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "loses_a_key", _loses_a_key)


def _loses_a_key(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_key_that_is_lost": True}


RULE = Rule("S201", "unknown-key", "error", __doc__, check, mutate)
