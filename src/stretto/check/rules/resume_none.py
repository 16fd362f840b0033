"""`Command(resume=None)` resumes nothing: LangGraph raises `UnboundLocalError`.

An answer of `None` is no answer to LangGraph: the run ends with an error that names none of it.
Where the answer does not matter, give `True` or an empty text.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def wait(state: State) -> dict:
    interrupt("Press a key.")
    return {"text": "it goes on"}


builder = StateGraph(State)
builder.add_node("wait", wait)
builder.add_edge(START, "wait")
builder.add_edge("wait", END)
graph = builder.compile(checkpointer=InMemorySaver())


def go_on(thread: str) -> dict:
    return graph.invoke(Command(resume=None), {"configurable": {"thread_id": thread}})
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def wait(state: State) -> dict:
    interrupt("Press a key.")
    return {"text": "it goes on"}


builder = StateGraph(State)
builder.add_node("wait", wait)
builder.add_edge(START, "wait")
builder.add_edge("wait", END)
graph = builder.compile(checkpointer=InMemorySaver())


def go_on(thread: str) -> dict:
    return graph.invoke(Command(resume=True), {"configurable": {"thread_id": thread}})
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from langgraph.types import Command, interrupt

from stretto.check.asking import asks
from stretto.check.mutating import inserted
from stretto.check.reading.uses import resumes
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name what resumes a graph with nothing."""
    if graph.path or not asks(graph):
        return
    for each in resumes(graph):
        if each.values and all(map(_is_none, each.values)):
            yield RULE.finding(
                graph,
                "`Command(resume=None)` is no answer, and raises UnboundLocalError",
                "Resume with a value, such as `True`.",
                place=each.at,
            )


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that asks, and is answered with nothing."""
    return inserted(builder, "waits", _waits)


def _waits(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    interrupt("Press a key.")
    return {}


def _goes_on(graph: Any) -> Any:
    return graph.invoke(Command(resume=None))


RULE = Rule("E307", "resume-none", "error", __doc__, check, mutate, uses=True)
__all__ = ["RULE", "_goes_on"]
