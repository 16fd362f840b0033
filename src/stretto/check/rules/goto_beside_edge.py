"""A `goto` does not replace a static edge: the run goes both ways.

`Command(goto=...)` adds a target to those that the node's edges lead to. A node that has a static
edge and returns a `goto` starts both in the next superstep, once each time it runs. Most often the
edge is left over from before the node decided by itself.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


def note(state: State) -> dict:
    return {"rounds": 1}


def decide(state: State) -> Command:
    return Command(goto="review")


builder = StateGraph(State)
builder.add_node("write", note)
builder.add_node("decide", decide, destinations=("review",))
builder.add_node("review", review)
builder.add_edge(START, "decide")
builder.add_edge("decide", "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


def decide(state: State) -> Command:
    return Command(goto="review")


builder = StateGraph(State)
builder.add_node("decide", decide, destinations=("review",))
builder.add_node("review", review)
builder.add_edge(START, "decide")
builder.add_edge("review", END)
graph = builder.compile()
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from stretto.check.facts import END
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Jump, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that have both, where they lead to different places."""
    for name, node in graph.nodes.items():
        edges = (graph.ways[name].static | graph.ways[name].joined) - {END}
        others = sorted(each for each in edges if not _waits(graph, each))
        jump = next((j for j in _gotos(node) if j.target not in edges), None)
        if jump is None or not others or jump.target not in {*graph.nodes, END}:
            continue
        goto = "END" if jump.target == END else repr(jump.target)
        yield RULE.finding(
            graph,
            f"node {name!r} goes to {goto} and by its edge to {others[0]!r}, too: both happen",
            "Remove the edge, and let each return of the node say where to go.",
            certainty="proved" if jump.sure else "possible",
            node=name,
            place=jump.at,
        )


def _waits(graph: Graph, name: str) -> bool:
    """Whether a node runs last, whatever else there is to do."""
    return name in graph.nodes and graph.nodes[name].defer


def _gotos(node: Node) -> Iterator[Jump]:
    """What a node goes to in its own graph: itself, or out of the graph that it is."""
    if node.code is not None and not node.code.wrapped:
        yield from (j for j in node.code.jumps if j.kind == "goto" and not j.parent)
    for inner in node.graph.nodes.values() if node.graph is not None else ():
        if inner.code is not None and not inner.code.wrapped:
            yield from (j for j in inner.code.jumps if j.kind == "goto" and j.parent)


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that goes back to itself, and on by its edge."""
    made = inserted(builder, "goes_both_ways", _goes_both_ways)
    made.add_node("elsewhere", _elsewhere)
    made.add_edge("goes_both_ways", "elsewhere")
    return made


def _goes_both_ways(state: Any) -> Any:  # noqa: ARG001 - a node's
    return Command(goto=END)


def _elsewhere(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("G106", "goto-beside-edge", "error", __doc__, check, mutate)
