"""A state that is a `typing.TypedDict` leaves the server's input and output without a schema.

Before Python 3.12 pydantic cannot make a schema of `typing.TypedDict`, only of the one in
`typing_extensions`. The graph runs all the same; but LangGraph's server gives `null` for its
input and output schemas, and Studio shows no form to fill in.

Bad:

```python
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
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


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
import sys
import typing
from typing import TYPE_CHECKING, Any, cast

from stretto.check.finding import Edit
from stretto.check.mutating import copied
from stretto.check.reading.scope import placed
from stretto.check.reading.source_files import read
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Schema
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

HEALED = (3, 12)
"""The Python from which on both are alike."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the classes whose base is `typing`'s."""
    if sys.version_info >= HEALED:
        return
    for schema in graph.schemas:
        if schema.base == "typing.TypedDict":
            yield RULE.finding(
                graph,
                f"{schema.name!r} is a `typing.TypedDict`, of which Python below 3.12 makes no "
                "schema for the server",
                "Take `TypedDict` from `typing_extensions`.",
                place=schema.place,
                edits=_edits(schema),
            )


def _edits(schema: Schema) -> tuple[Edit, ...]:
    """Import `TypedDict` from where it has a schema, and leave the other names where they are."""
    source = read(schema.place.file) if schema.place else None
    for node in source.tree.body if source else ():
        if isinstance(node, ast.ImportFrom) and node.module == "typing" and not node.level:
            kept = [each for each in node.names if each.name != "TypedDict"]
            if len(kept) == len(node.names) or any(n.asname for n in node.names):
                continue
            text = "from typing_extensions import TypedDict"
            if kept:
                text = f"from typing import {', '.join(n.name for n in kept)}\n{text}"
            assert source is not None  # noqa: S101 - it has a body
            return (Edit(placed(source.path, node), text),)
    return ()


def mutate(builder: Builder) -> Builder:
    """Take the state from a class of the wrong kind that has the same fields."""
    made = copied(builder)
    kinds = typing.get_type_hints(builder.state_schema, include_extras=True)
    wrong: Any = cast("Any", typing.TypedDict)("Wrong", kinds)
    made.schemas[wrong] = made.schemas[made.state_schema]
    return made


RULE = Rule("U601", "typing-typeddict", "warning", __doc__, check, mutate, fixes=True)
