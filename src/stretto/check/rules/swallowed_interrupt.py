"""An `interrupt` under `try`/`except Exception` is swallowed, and the run goes on unapproved.

`interrupt()` stops the node by raising `GraphInterrupt`, which is an `Exception`. A handler for
`Exception`, `BaseException`, or a bare `except`, around it catches that: nobody is asked, and
what stands behind it happens. So does `suppress(Exception)`, and a `@retry` that tries again after
every exception: it asks again and again within the node, and nobody hears it. The same goes for a
helper, a tool or a graph that asks and is called under a `try`.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answer: str


def ask(state: State) -> dict:
    try:
        return {"answer": interrupt("May I?")}
    except Exception:
        return {"answer": "nobody said no"}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answer: str


def ask(state: State) -> dict:
    answer = interrupt("May I?")
    try:
        return {"answer": str(answer)}
    except ValueError:
        return {"answer": "unreadable"}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.types import interrupt

from stretto.check.asking import asking_calls
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Call, Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the interrupts of nodes and tools that a handler around them catches."""
    for node in graph.nodes.values():
        for asked in asking_calls(node):
            yield from _swallowed(graph, node, f"node {node.name!r}", asked)
        for tool in [*node.tools, *(node.agent.tools if node.agent and not node.graph else ())]:
            for asked in tool.code.interrupts if tool.code else ():
                yield from _swallowed(graph, node, f"tool {tool.name!r}", asked)


def _swallowed(graph: Graph, node: Node, who: str, asked: Call) -> Iterator[Finding]:
    kind = asked.swallows
    if kind is None:
        return
    by = kind if kind.startswith("@") else f"except {kind}".strip()
    yield RULE.finding(
        graph,
        f"{who}: `{by}` swallows the interrupt, and nobody is asked",
        "Ask outside of it, or catch only the errors that are meant.",
        node=node.name,
        place=asked.at,
    )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that swallows its own interrupt."""
    return inserted(builder, "asks_in_vain", _asks_in_vain)


def _asks_in_vain(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    try:
        interrupt("May I?")
    except Exception:  # noqa: BLE001 - the fault
        return {}
    return {}


RULE = Rule("E301", "swallowed-interrupt", "error", __doc__, check, mutate)
