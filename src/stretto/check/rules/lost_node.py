"""A thread that waits in a node which was renamed or removed ends in silence when it is resumed.

A checkpoint names the nodes that a run goes on with. Where the graph has no such node any more
LangGraph runs nothing: the answer that was given is lost, and the run ends as a success. Stored
threads are looked at in a checkpointer in memory, and by `stretto check --stored` in any other.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def draft(state: State) -> dict:
    return {"text": "a draft"}


def ask(state: State) -> dict:
    return {"text": interrupt(state["text"])}


saver = InMemorySaver()


def build(asking: str):
    builder = StateGraph(State)
    builder.add_node("draft", draft)
    builder.add_node(asking, ask)
    builder.add_edge(START, "draft")
    builder.add_edge("draft", asking)
    return builder.compile(checkpointer=saver)


yesterday = build("ask")
yesterday.invoke({"text": ""}, {"configurable": {"thread_id": "1"}})
graph = build("approve")
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def draft(state: State) -> dict:
    return {"text": "a draft"}


def ask(state: State) -> dict:
    return {"text": interrupt(state["text"])}


saver = InMemorySaver()


def build(asking: str):
    builder = StateGraph(State)
    builder.add_node("draft", draft)
    builder.add_node(asking, ask)
    builder.add_edge(START, "draft")
    builder.add_edge("draft", asking)
    return builder.compile(checkpointer=saver)


yesterday = build("ask")
yesterday.invoke({"text": ""}, {"configurable": {"thread_id": "1"}})
graph = build("ask")
```
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver

from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph, Stored
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_SHOWN = 3
"""How many threads a finding names."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that stored threads wait in and that are not there."""
    waiting: dict[tuple[tuple[str, ...], tuple[str, ...], bool], list[str]] = {}
    for stored in graph.stored:
        key = stored.path, stored.nodes, stored.known
        waiting.setdefault(key, []).append(stored.thread)
    told: set[tuple[str, str]] = set()
    for stored in graph.stored:
        threads = waiting[stored.path, stored.nodes, stored.known]
        for finding in lost_nodes(graph, stored, threads):
            if (finding.graph, finding.node) not in told:
                told.add((finding.graph, finding.node))
                yield finding


def lost_nodes(graph: Graph, stored: Stored, threads: list[str] | None = None) -> list[Finding]:
    """What a stored thread waits for that a graph does not have.

    Args:
        graph: The graph as it is now, the outermost.
        stored: The thread.
        threads: All that wait like it.
    """
    inner = graph
    for name in stored.path:
        if name not in inner.nodes:
            return []  # the thread itself is told of, where it waits in that node
        below = inner.nodes[name].graph
        if below is None:
            return []
        inner = below
    lost = [name for name in stored.nodes if name not in inner.nodes]
    return [_finding(inner, stored, name, threads or [stored.thread]) for name in lost]


def _finding(graph: Graph, stored: Stored, name: str, threads: list[str]) -> Finding:
    near = difflib.get_close_matches(name, graph.nodes, n=1)
    several = f" and {len(threads) - _SHOWN} more" if len(threads) > _SHOWN else ""
    return RULE.finding(
        graph,
        f"node {name!r} is gone, and thread{'s' if len(threads) > 1 else ''} "
        f"{', '.join(map(repr, threads[:_SHOWN]))}{several} would go on with it",
        f"Keep a node {name!r}"
        + (f" that does what {near[0]!r} does" if near else "")
        + " until these threads have ended.",
        certainty="proved" if stored.known else "possible",
        node=name,
    )


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Compile it with a stored thread that waits in a node which it does not have."""
    field, first = next(iter(builder.channels), None), next(iter(builder.nodes), None)
    if field is None or first is None:
        return None
    channel = "branch:to:was_here_before"
    checkpoint = empty_checkpoint()
    checkpoint["channel_values"] = {channel: None}
    checkpoint["channel_versions"] = {channel: "2", field: "2"}
    checkpoint["versions_seen"] = {first: {f"branch:to:{first}": "1"}}
    saver = InMemorySaver()
    config: Any = {"configurable": {"thread_id": "stored", "checkpoint_ns": ""}}
    saver.put(config, checkpoint, {}, {channel: "2"})
    return copied(builder).compile(checkpointer=saver)


RULE = Rule("G109", "lost-node", "error", __doc__, check, mutate, static=False)
