"""An interrupt of a graph without a checkpointer can never be answered.

`interrupt()` and `interrupt_before=` stop the run and rely on what was saved. A graph that is run
without a checkpointer stops there all the same, says so in its output, and cannot be resumed: a
`Command(resume=...)` raises, and the next `invoke` starts anew. A graph compiled with
`checkpointer=False` forgets, too, when it is part of another: it starts from its first node at each
answer, and of two interrupts the second is asked for ever. Graphs that a server or a graph above
gives a checkpointer are not named.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answer: str


def ask(state: State) -> dict:
    return {"answer": interrupt("May I?")}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile()

if __name__ == "__main__":
    print(graph.invoke({"answer": ""}))
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    answer: str


def ask(state: State) -> dict:
    return {"answer": interrupt("May I?")}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile(checkpointer=InMemorySaver())

if __name__ == "__main__":
    config = {"configurable": {"thread_id": "1"}}
    print(graph.invoke({"answer": ""}, config))
    print(graph.invoke(Command(resume="yes"), config))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.types import interrupt

from stretto.check.asking import asks, node_asks
from stretto.check.mutating import inserted
from stretto.check.reading.uses import is_part, mentions, runs
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name a graph whose questions cannot be answered."""
    stops = asks(graph) or bool(graph.interrupts_before | graph.interrupts_after)
    if not stops or graph.served:
        return
    if graph.checkpointing == "off":
        yield from _off(graph)
    elif graph.checkpointing == "none" and not graph.path and not mentions(graph, "checkpointer"):
        sure = _always(graph)
        for place in list(runs(graph))[:1]:
            yield RULE.finding(
                graph,
                f"{graph.name!r} is run without a checkpointer, so what it asks is never answered",
                "Give `compile` a checkpointer, such as `InMemorySaver()`.",
                certainty="proved" if sure else "possible",
                severity="error" if sure else "warning",
                place=place,
            )


def _off(graph: Graph) -> Iterator[Finding]:
    """Of a graph that must not have a checkpointer."""
    if not graph.path and is_part(graph):
        return  # there it is looked at
    asked = [node for node in graph.nodes.values() if node_asks(node)]
    count = sum(len(node.code.interrupts) if node.code else 1 for node in asked)
    if graph.path and len(graph.nodes) == 1 and count == 1:
        return  # it starts over as a node does
    what = (
        "it starts over at each answer"
        if graph.path and count == 1
        else "what it asks is never answered"
    )
    yield RULE.finding(
        graph,
        f"{graph.title!r} asks and is compiled with checkpointer=False, so {what}",
        "Leave `checkpointer=` out, so that it has the one of the graph above or of the run."
        if graph.path
        else "Give `compile` a checkpointer, such as `InMemorySaver()`.",
        node=asked[0].name if asked else "",
        place=graph.place,
    )


def _always(graph: Graph) -> bool:
    """Whether some interrupt stands in the code of a node under no condition."""
    return bool(graph.interrupts_before | graph.interrupts_after) or any(
        not call.conditional
        for node in graph.nodes.values()
        if node.code is not None
        for call in node.code.interrupts
    )


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any]:
    """Ask twice in it, and compile it so that nothing is saved."""
    made = inserted(builder, "asks_the_first", _asks)
    return inserted(made, "asks_the_second", _asks).compile(checkpointer=False)


async def _asks(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    interrupt("May I?")
    return {}


RULE = Rule("E304", "interrupt-without-checkpointer", "error", __doc__, check, mutate)
