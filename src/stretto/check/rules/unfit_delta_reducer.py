"""A `DeltaChannel` whose reducer takes one write, not a list of writes, nests or refuses them.

A `DeltaChannel` calls its reducer once a superstep as `reducer(state, [write, write])`, with all
that was written. `add_messages` and `operator.add` take one write: what a node returns as a list
becomes a list within the list, or raises. A reducer that fits goes through the writes.

Bad:

```python
import operator
from typing import Annotated

from langgraph.channels import DeltaChannel
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    notes: Annotated[list[str], DeltaChannel(operator.add)]


def note(state: State) -> dict:
    return {"notes": ["noted"]}


builder = StateGraph(State)
builder.add_node("note", note)
builder.add_edge(START, "note")
builder.add_edge("note", END)
graph = builder.compile()
```

Good:

```python
from typing import Annotated

from langgraph.channels import DeltaChannel
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


def extend(notes: list[str], writes: list[list[str]]) -> list[str]:
    return [*notes, *(note for write in writes for note in write)]


class State(TypedDict):
    notes: Annotated[list[str], DeltaChannel(extend)]


def note(state: State) -> dict:
    return {"notes": ["noted"]}


builder = StateGraph(State)
builder.add_node("note", note)
builder.add_edge(START, "note")
builder.add_edge("note", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.channels import DeltaChannel
from typing_extensions import TypedDict

from stretto.check.mutating import inserted
from stretto.check.reducers import is_sum
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Field, Graph, Write
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_LISTS = ast.List | ast.ListComp


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields whose DeltaChannel has a reducer of single writes."""
    for field in graph.fields.values():
        if field.kind != "DeltaChannel":
            continue
        messages = field.reducer.endswith("add_messages")
        if not messages and not (is_sum(field) and "[list" not in field.text.lower()):
            continue
        lists = [write for write in _writes(graph, field) if _is_list(write)]
        if messages or lists:
            yield RULE.finding(
                graph,
                f"field {field.name!r}: a DeltaChannel gives its reducer a list of writes, and "
                f"{field.reducer.rpartition('.')[2]!r} takes one",
                "Give it a reducer `(state, writes) -> state` that goes through the writes.",
                certainty="proved" if any(write.every for write in lists) else "possible",
                key=field.name,
                place=field.place or (lists[0].at if lists else None),
            )


def _writes(graph: Graph, field: Field) -> Iterator[Write]:
    for node in graph.nodes.values():
        if node.code is not None and node.member is None and not node.code.wrapped:
            yield from (write for write in node.code.writes if write.key == field.name)


def _is_list(write: Write) -> bool:
    return any(isinstance(value, _LISTS) for value in write.values)


class _Delta(TypedDict):
    """A channel with an unfit reducer."""

    a_nested_list: Annotated[list[str], DeltaChannel(operator.add)]


def mutate(builder: Builder) -> Builder | None:
    """Put a node at the front that writes a list to such a channel."""
    if "__root__" in builder.channels:
        return None
    return inserted(builder, "nests_a_list", _nests_a_list, input_schema=_Delta)


def _nests_a_list(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_nested_list": ["within"]}


RULE = Rule("S210", "unfit-delta-reducer", "error", __doc__, check, mutate)
