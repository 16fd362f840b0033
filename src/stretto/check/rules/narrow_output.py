"""A node that writes nothing of a narrow output schema shows as `None` in the server's updates.

With `output_schema=` the server's stream of `updates` is cut down to the fields of that schema.
Of a node that writes only others it says `{"node": None}`: Studio, and whoever follows the run,
sees that it worked, not what it did. It is asked only of graphs that a server serves.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: str
    text: str


class Output(TypedDict):
    text: str


def research(state: State) -> dict:
    return {"notes": "what was found"}


def write(state: State) -> dict:
    return {"text": state["notes"]}


builder = StateGraph(State, output_schema=Output)
builder.add_node("research", research)
builder.add_node("write", write)
builder.add_edge(START, "research")
builder.add_edge("research", "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: str
    text: str


def research(state: State) -> dict:
    return {"notes": "what was found"}


def write(state: State) -> dict:
    return {"text": state["notes"]}


builder = StateGraph(State)
builder.add_node("research", research)
builder.add_node("write", write)
builder.add_edge(START, "research")
builder.add_edge("research", "write")
builder.add_edge("write", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from typing_extensions import TypedDict, get_type_hints

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes whose writes are all outside of the output."""
    if not graph.output or graph.output >= set(graph.fields):
        return
    for node in graph.nodes.values():
        writes = node.writes
        known = (writes or frozenset()) & set(graph.fields)
        if writes and known and not known & graph.output:
            key = min(known)
            yield RULE.finding(
                graph,
                f"node {node.name!r} writes {key!r}, which is not in the output schema: the "
                "server's updates show None for it",
                f"Put {key!r} into the output schema, or leave `output_schema` out.",
                node=node.name,
                key=key,
            )


def mutate(builder: Builder) -> Builder | None:
    """Leave a field out of the output, and put a node at the front that writes nothing else."""
    kinds = get_type_hints(builder.state_schema, include_extras=True)
    texts = [name for name, kind in kinds.items() if kind is str and len(kinds) > 1]
    hidden = texts[0] if texts else "mutant_note"
    made = inserted(builder, "notes", _writer(hidden))
    narrow = cast("Any", TypedDict)("Narrow", {n: k for n, k in kinds.items() if n != hidden})
    own = builder.schemas[builder.state_schema]
    made.output_schema = narrow
    made.schemas[narrow] = {n: c for n, c in own.items() if n != hidden}
    if hidden not in made.channels:
        from langgraph.channels import LastValue

        made.channels[hidden] = LastValue(str)
    return made


def _writer(hidden: str) -> Any:
    def notes(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
        return {hidden: "what was found"}

    return notes


RULE = Rule("U602", "narrow-output", "info", __doc__, check, mutate, served=True)
