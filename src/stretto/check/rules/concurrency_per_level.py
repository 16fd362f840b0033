"""`max_concurrency` bounds each graph of a run by itself, so nested graphs multiply it.

It is counted per run and per level: three branches at once, each of which is a graph with three at
once, are nine. Two runs are eighteen. It does not keep a run within what a provider allows.

Bad:

```python
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict


class Chapter(TypedDict):
    pages: list[str]
    notes: Annotated[list[str], operator.add]


def open_pages(state: Chapter) -> list[Send]:
    return [Send("read", {"page": page}) for page in state["pages"]]


def read(state: dict) -> dict:
    return {"notes": [state["page"].upper()]}


inner = StateGraph(Chapter)
inner.add_node("read", read)
inner.add_conditional_edges(START, open_pages, ["read"])
inner.add_edge("read", END)
chapter = inner.compile()


class Book(TypedDict):
    chapters: list[list[str]]
    notes: Annotated[list[str], operator.add]


def open_chapters(state: Book) -> list[Send]:
    return [Send("chapter", {"pages": pages}) for pages in state["chapters"]]


builder = StateGraph(Book)
builder.add_node("chapter", chapter)
builder.add_conditional_edges(START, open_chapters, ["chapter"])
builder.add_edge("chapter", END)
graph = builder.compile().with_config(max_concurrency=3)
```

Good:

```python
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict


class Book(TypedDict):
    chapters: list[list[str]]
    notes: Annotated[list[str], operator.add]


def open_pages(state: Book) -> list[Send]:
    return [Send("read", {"page": page}) for pages in state["chapters"] for page in pages]


def read(state: dict) -> dict:
    return {"notes": [state["page"].upper()]}


builder = StateGraph(Book)
builder.add_node("read", read)
builder.add_conditional_edges(START, open_pages, ["read"])
builder.add_edge("read", END)
graph = builder.compile().with_config(max_concurrency=3)
```
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.graph import StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from stretto.check.concurrency import concurrency
from stretto.check.facts import START
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the graphs within that do several things at once, several times at once."""
    limit = graph.max_concurrency
    if limit is None or graph.path:
        return
    known = concurrency(graph)
    beside = known.many.union(*known.pairs)
    for name, node in graph.nodes.items():
        if name in beside and node.graph is not None and _fans_out(node.graph):
            many = f"up to {limit} x {limit}" if limit else "more than that"
            yield RULE.finding(
                graph,
                f"`max_concurrency` counts anew in {name!r}, which runs beside others: {many} at "
                "once",
                "Fan out at one level, or bound what is called: a semaphore, or a `Bulkhead`.",
                certainty="possible",
                node=name,
            )


def _fans_out(graph: Graph) -> bool:
    """Whether several nodes of a graph, or of one within it, may run at once."""
    known = concurrency(graph)
    inner = [node.graph for node in graph.nodes.values() if node.graph is not None]
    return bool(known.many or known.pairs) or any(map(_fans_out, inner))


class _Parts(TypedDict):
    parts: Annotated[list[Any], operator.add]


def _split(state: Any) -> list[Send]:
    return [Send("part", part) for part in state["parts"]]


def _part(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"parts": []}


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any]:
    """Put two graphs beside the others that split their work, under a limit for all."""
    inner: Builder = StateGraph(_Parts)
    inner.add_node("part", _part)
    inner.add_conditional_edges(START, _split, ["part"])
    made = copied(builder)
    for name in ("splits_this", "splits_that"):
        made.add_node(name, inner.compile())
        made.add_edge(START, name)
    return made.compile().with_config(max_concurrency=3)


RULE = Rule("P410", "concurrency-per-level", "warning", __doc__, check, mutate)
