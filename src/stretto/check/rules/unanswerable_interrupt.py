"""A question in a loop without a way out can never be answered.

`while True` around `interrupt()` asks again until something leaves the loop. Where nothing in it
does, each answer is followed by the next question, and the thread waits for ever.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict):
    status: str


def ask(state: State) -> dict:
    answer = ""
    while True:
        answer = interrupt(f"Which one, now that it is {answer}?")
    return {"status": answer}


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
    status: str


def ask(state: State) -> dict:
    answer = ""
    while True:
        answer = interrupt(f"Which one, now that it is {answer}?")
        if answer in {"red", "blue"}:
            break
    return {"status": answer}


builder = StateGraph(State)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
builder.add_edge("ask", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from langgraph.types import interrupt

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name the questions in loops that nothing leaves."""
    for node in graph.nodes.values():
        if node.code is None or not node.code.interrupts:
            continue
        asked = {id(call.tree) for call in node.code.interrupts}
        caught = _caught(node.code.tree)
        for loop in ast.walk(node.code.tree):
            if not isinstance(loop, ast.While) or not _is_endless(loop) or id(loop) in caught:
                continue
            inside = [each for each in ast.walk(loop) if id(each) in asked]
            if inside:
                yield RULE.finding(
                    graph,
                    f"node {node.name!r} asks in a loop that nothing leaves: no answer is enough",
                    "Leave the loop by `break` or `return` when the answer will do.",
                    node=node.name,
                    place=node.code.at(inside[0]),
                )


def _caught(tree: ast.AST) -> set[int]:
    """What stands where an error is caught: it may be left by one that a call in it raises."""
    around = [n for n in ast.walk(tree) if isinstance(n, ast.Try | ast.TryStar | ast.With)]
    return {id(each) for node in around for part in node.body for each in ast.walk(part)}


def _is_endless(loop: ast.While) -> bool:
    """Whether it is `while True`, and nothing in it leaves it."""
    leaves = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom)
    always = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    return always and not any(isinstance(each, leaves) for each in ast.walk(loop))


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that asks for ever."""
    return inserted(builder, "asks_for_ever", _asks_for_ever)


def _asks_for_ever(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    while True:
        interrupt("May I?")


RULE = Rule("M802", "unanswerable-interrupt", "error", __doc__, check, mutate)
