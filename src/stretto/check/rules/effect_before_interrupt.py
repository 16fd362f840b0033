"""What a node does before its `interrupt` is done again each time an answer comes.

A node that asks is started from its top when the answer is given: LangGraph runs its code again up
to the `interrupt`, which then returns the answer. A mail that is sent there is sent twice, a card
is charged twice. The same goes for a tool that acts before it asks, and for what stands between two
interrupts. A file written anew, an upsert, or a call with an idempotency key may well be done
again, and is not named.

Bad:

```python
import requests
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    order: str
    answer: str


def confirm(state: State) -> dict:
    requests.post("https://shop.example/orders", json={"order": state["order"]})
    return {"answer": interrupt("It is ordered. Is that right?")}


builder = StateGraph(State)
builder.add_node("confirm", confirm)
builder.add_edge(START, "confirm")
builder.add_edge("confirm", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
import requests
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    order: str
    answer: str


def confirm(state: State) -> dict:
    answer = interrupt("Shall it be ordered?")
    if answer == "yes":
        requests.post("https://shop.example/orders", json={"order": state["order"]})
    return {"answer": answer}


builder = StateGraph(State)
builder.add_node("confirm", confirm)
builder.add_edge(START, "confirm")
builder.add_edge("confirm", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.types import interrupt

from stretto.check.asking import asking_calls
from stretto.check.mutating import inserted
from stretto.check.repeating import repeated
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder
    from stretto.check.repeating import Repeated


def check(graph: Graph) -> Iterator[Finding]:
    """Name the effects of nodes and tools that come before an interrupt."""
    for node in graph.nodes.values():
        if node.code is not None:
            for each in repeated(node.code, [call.at for call in asking_calls(node)]):
                yield _finding(graph, node, f"node {node.name!r}", each)
        tools = [*node.tools, *(node.agent.tools if node.agent and not node.graph else ())]
        for tool in tools:
            if tool.code is not None:
                for each in repeated(tool.code, [call.at for call in tool.code.interrupts]):
                    yield _finding(graph, node, f"tool {tool.name!r}", each)


def _finding(graph: Graph, node: Node, who: str, found: Repeated) -> Finding:
    sure = found.sure and found.effect.kind != "named"
    return RULE.finding(
        graph,
        f"{who}: {found.effect.call!r} comes before an interrupt, and is done again at each answer",
        "Do it behind the interrupt, in a node before, or by `stretto.effect` or a LangGraph task.",
        certainty="proved" if sure else "possible",
        severity="error" if sure else "warning",
        node=node.name,
        place=found.effect.at,
    )


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that acts before it asks."""
    return inserted(builder, "acts_and_asks", _acts_and_asks)


_orders: list[str] = []


def _acts_and_asks(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    _orders.append("a lamp")
    interrupt("Is that right?")
    return {}


RULE = Rule("E302", "effect-before-interrupt", "error", __doc__, check, mutate)
