"""A typed node whose first parameter is not named `state` fails type checkers.

LangGraph describes a node by a Protocol whose parameter is *named* `state`, so that pyright and
mypy refuse `add_node` for a function that names it otherwise. It runs all the same. It is asked
only of functions that have type hints, since others are not type-checked.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(given: State) -> dict:
    return {"text": given["text"] + "!"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": state["text"] + "!"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_edge(START, "write")
builder.add_edge("write", END)
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
    """Name the typed functions that call the state something else."""
    for node in graph.nodes.values():
        code = node.code
        if code is None or node.member is not None or node.is_handler or not _is_typed(code):
            continue
        if code.parameters and code.parameters[0] != "state":
            yield RULE.finding(
                graph,
                f"node {node.name!r} calls its state {code.parameters[0]!r}: pyright and mypy "
                "refuse it as a node",
                "Rename the parameter to `state`.",
                node=node.name,
                place=code.place,
            )


def _is_typed(code: Function) -> bool:
    """Whether it is a plain function whose first parameter and result have type hints."""
    if isinstance(code.tree, ast.Lambda) or code.tree.args.posonlyargs:
        return False
    arguments = code.tree.args.args
    plain = bool(arguments) and arguments[0].arg not in {"self", "cls"}
    return plain and arguments[0].annotation is not None and code.tree.returns is not None


def mutate(builder: Builder) -> Builder:
    """Put a node at the front whose parameter has another name."""
    return inserted(builder, "misnamed", _misnamed)


def _misnamed(given: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("U606", "node-parameter-name", "info", __doc__, check, mutate)
