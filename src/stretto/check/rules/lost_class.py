"""A record whose class cannot be imported comes back from a checkpoint as a plain dictionary.

A checkpoint holds a pydantic model, dataclass, named tuple or enum as its values and the name of
its class. What reads it imports the class by that name. A class that is defined in a function has
no such name: after a resume its records are dictionaries, and `record.field` raises
`AttributeError`.
A class of the main script, or of a file that langgraph.json names, is found only by a process that
runs the same script, or serves the file from the same path. A `TypedDict` is a dictionary anyway.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict


def make():
    class Draft(BaseModel):
        text: str

    class State(TypedDict):
        draft: Draft
        length: int

    def write(state: State) -> dict:
        return {"draft": Draft(text="a draft")}

    def measure(state: State) -> dict:
        return {"length": len(state["draft"].text)}

    builder = StateGraph(State)
    builder.add_node("write", write)
    builder.add_node("measure", measure)
    builder.add_edge(START, "write")
    builder.add_edge("write", "measure")
    builder.add_edge("measure", END)
    return builder.compile(checkpointer=InMemorySaver())


graph = make()
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel
from typing_extensions import TypedDict


class Draft(BaseModel):
    text: str


class State(TypedDict):
    draft: Draft
    length: int


def write(state: State) -> dict:
    return {"draft": Draft(text="a draft")}


def measure(state: State) -> dict:
    return {"length": len(state["draft"].text)}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("measure", measure)
builder.add_edge(START, "write")
builder.add_edge("write", "measure")
builder.add_edge("measure", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from typing_extensions import TypedDict

from stretto.check.mutating import inserted, saved
from stretto.check.rule import Rule
from stretto.check.storing import stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Class, Field, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields that hold records of classes that no other process can import."""
    kept = stored(graph)
    if kept == "no":
        return
    for field in graph.fields.values():
        if field.managed or field.kind == "UntrackedValue":
            continue
        for each in field.classes:
            where = _where(graph, each) if each.kind == "record" else ""
            if where:
                sure = kept == "yes" and "<locals>" in each.name and _is_written(graph, field)
                yield RULE.finding(
                    graph,
                    f"field {field.name!r} holds {each.name.rpartition('.')[2]!r}, a class of "
                    f"{where}: from a checkpoint it comes back as a plain dictionary",
                    "Move the class to the top of a module that can be imported.",
                    certainty="proved" if sure else "possible",
                    key=field.name,
                    place=field.place,
                )


def _where(graph: Graph, found: Class) -> str:
    if "<locals>" in found.name:
        return "a function"
    if found.name.startswith("__main__."):
        saver = type(getattr(graph.live, "checkpointer", None)).__name__
        return "" if saver in {"InMemorySaver", "MemorySaver"} else "the main script"
    if graph.served and graph.file and found.file == graph.file:
        return "a served file"
    return ""


def _is_written(graph: Graph, field: Field) -> bool:
    codes = [node.code for node in graph.nodes.values() if node.code is not None]
    return any(write.key == field.name and write.every for code in codes for write in code.writes)


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Put a node at the front that writes a record whose class is defined in a function."""
    if "__root__" in builder.channels:
        return None

    class Record(BaseModel):
        text: str = ""

    schema: Any = TypedDict("schema", {"a_lost_record": Record})

    async def writes_a_record(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
        return {"a_lost_record": Record()}

    return saved(inserted(builder, "writes_a_record", writes_a_record, input_schema=schema))


RULE = Rule("S211", "lost-class", "error", __doc__, check, mutate)
