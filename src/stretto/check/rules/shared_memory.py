"""A subgraph with `checkpointer=True` that runs several times at once mixes up what it remembers.

With `checkpointer=True` a subgraph keeps its state from run to run, under the name of its node.
Sent to for each of several items, its runs write over one another: the next turn goes on with the
state of any one of them, and where they ask, one's answer is taken for another's. Without the
argument each run has a memory of its own, which is not used again; nothing prunes what such runs
have stored.

Bad:

```python
import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict


class Item(TypedDict):
    item: str
    answers: Annotated[list[str], operator.add]


class Answers(TypedDict):
    answers: Annotated[list[str], operator.add]


class State(TypedDict):
    items: list[str]
    answers: Annotated[list[str], operator.add]


def work(state: Item) -> dict:
    return {"answers": [state["item"] + " is done"]}


inner = StateGraph(Item, output_schema=Answers)
inner.add_node("work", work)
inner.add_edge(START, "work")
inner.add_edge("work", END)
inner_graph = inner.compile(checkpointer=True)


def spread(state: State) -> list[Send]:
    return [Send("each", {"item": item}) for item in state["items"]]


builder = StateGraph(State)
builder.add_node("each", inner_graph)
builder.add_conditional_edges(START, spread, ["each"])
builder.add_edge("each", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict


class Item(TypedDict):
    item: str
    answers: Annotated[list[str], operator.add]


class Answers(TypedDict):
    answers: Annotated[list[str], operator.add]


class State(TypedDict):
    items: list[str]
    answers: Annotated[list[str], operator.add]


def work(state: Item) -> dict:
    return {"answers": [state["item"] + " is done"]}


inner = StateGraph(Item, output_schema=Answers)
inner.add_node("work", work)
inner.add_edge(START, "work")
inner.add_edge("work", END)
inner_graph = inner.compile()


def spread(state: State) -> list[Send]:
    return [Send("each", {"item": item}) for item in state["items"]]


builder = StateGraph(State)
builder.add_node("each", inner_graph)
builder.add_conditional_edges(START, spread, ["each"])
builder.add_edge("each", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from stretto.check.concurrency import many
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the subgraphs that remember, and run several times at once."""
    if graph.checkpointing == "off":
        return
    remembering = [n for n in graph.nodes.values() if n.graph is not None and n.graph.remembers]
    several = many(graph) if remembering else frozenset[str]()
    for node in remembering:
        if node.name in several:
            yield RULE.finding(
                graph,
                f"subgraph {node.name!r} is compiled with checkpointer=True and may run several "
                "times at once: its runs share one memory",
                "Compile it without a checkpointer, or send to it once a step.",
                certainty="possible",
                node=node.name,
            )


class _Item(TypedDict):
    """What is sent."""

    a_sent_item: str


def mutate(builder: Builder) -> Builder | None:
    """Send to a subgraph that remembers, twice at the start."""
    if "__root__" in builder.channels:
        return None
    inner: Builder = StateGraph(_Item)
    inner.add_node("works", _works)
    inner.add_edge(START, "works")
    inner.add_edge("works", END)
    made = copied(builder)
    made.add_node("remembers", inner.compile(checkpointer=True), input_schema=_Item)
    made.add_conditional_edges(START, _sends_twice)
    return made


def _works(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


def _sends_twice(state: Any) -> list[Send]:  # noqa: ARG001 - a branch's
    return [Send("remembers", {"a_sent_item": each}) for each in "ab"]


RULE = Rule("S213", "shared-memory", "error", __doc__, check, mutate)
