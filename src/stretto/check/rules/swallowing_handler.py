"""An error handler that says nothing makes of each failure a success.

Once an `error_handler` has returned, the error is over. One that neither writes anything, nor looks
at the error, nor goes elsewhere by `Command(goto=...)`, nor raises leaves no trace: the edges of
the node that failed are not followed, and the run ends as if all were well.

Bad:

```python
import httpx
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


def failed(state: State, error: NodeError) -> dict:
    return {}


builder = StateGraph(State)
builder.add_node("look", look, error_handler=failed)
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```

Good:

```python
import httpx
from langgraph.errors import NodeError
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    city: str
    weather: str


def look(state: State) -> dict:
    said = httpx.get("https://weather.example", params={"city": state["city"]})
    return {"weather": said.text}


def failed(state: State, error: NodeError) -> dict:
    return {"weather": f"unknown: {error.error}"}


builder = StateGraph(State)
builder.add_node("look", look, error_handler=failed)
builder.add_edge(START, "look")
builder.add_edge("look", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the handlers that leave no trace of what they handle."""
    for node in graph.nodes.values():
        if node.is_handler and node.code is not None and _says_nothing(node.code):
            handled = [name for name, other in graph.nodes.items() if other.handler == node.name]
            whose = ", ".join(map(repr, handled)) or "all nodes"
            yield RULE.finding(
                graph,
                f"the error handler {node.code.name!r} of {whose} leaves no trace of the error",
                "Write it to the state, go elsewhere by `Command(goto=...)`, or raise.",
                node=node.name,
                place=node.code.place,
            )


def _says_nothing(code: Function) -> bool:
    """Whether a handler gives nothing and does nothing."""
    if code.wrapped or code.writes or not code.writes_all or code.commands or code.jumps:
        return False
    if code.calls or code.effects or code.mutations or code.returns_state or not code.jumps_all:
        return False
    return not any(isinstance(node, ast.Raise | ast.Assert) for node in ast.walk(code.tree))


def mutate(builder: Builder) -> Builder:
    """Put a node at the front whose failure leaves no trace."""
    return inserted(builder, "fails_unseen", _fails_unseen, error_handler=_looks_away)


async def _fails_unseen(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


async def _looks_away(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("P405", "swallowing-handler", "warning", __doc__, check, mutate)
