"""An edge, `goto`, `Send` or branch that leads to a node that is not there ends the run in silence.

LangGraph checks static edges when it compiles, not what functions return: for an unknown name it
writes a line into the log, runs nothing, and the run ends as a success. Most often the name is
misspelt, or the node was renamed.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command
from typing_extensions import TypedDict


class State(TypedDict):
    text: str
    rounds: int


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

def decide(state: State) -> Command:
    return Command(goto="reviewer", update={"text": state["text"]})


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("decide", decide, destinations=("review",))
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "decide")
builder.add_edge("review", END)
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


def write(state: State) -> dict:
    return {"text": "a draft", "rounds": state.get("rounds", 0) + 1}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}

def decide(state: State) -> Command:
    return Command(goto="review", update={"text": state["text"]})


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("decide", decide, destinations=("review",))
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "decide")
builder.add_edge("review", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from stretto.check.facts import END
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Graph, Jump
    from stretto.check.finding import Finding, Place
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name each target that is no node."""
    told: set[tuple[str, str]] = set()
    for source, target, what, place in _targets(graph):
        if target in graph.nodes or target == END or (source, target) in told:
            continue
        told.add((source, target))
        near = difflib.get_close_matches(target, graph.nodes, n=1)
        yield RULE.finding(
            graph,
            f"{what} of {source!r} leads to {target!r}, which is no node",
            f"Write {near[0]!r}, or add the node." if near else "Add the node, or name another.",
            node=source if source in graph.nodes else "",
            place=place,
        )


def _targets(graph: Graph) -> Iterator[tuple[str, str, str, Place | None]]:
    for source, target in sorted(graph.edges):
        yield source, target, "an edge", graph.places.edge(source, target) if graph.places else None
    for sources, target in sorted(graph.joins):
        yield sources[0], target, "an edge", None
    for branch in graph.branches:
        yield from _of_branch(branch)
    for name, node in graph.nodes.items():
        for jump in node.code.jumps if node.code and node.graph is None else ():
            if not jump.parent:
                yield name, jump.target, _kind(jump), jump.at


def _of_branch(branch: Branch) -> Iterator[tuple[str, str, str, Place | None]]:
    for target in (branch.ends or {}).values():
        yield branch.source, target, "a conditional edge", branch.place
    for jump in branch.code.jumps if branch.code else ():
        if jump.kind == "send":
            yield branch.source, jump.target, "a Send", jump.at
        elif branch.ends is None:
            yield branch.source, jump.target, "a conditional edge", jump.at


def _kind(jump: Jump) -> str:
    return "a Send" if jump.kind == "send" else "a `goto`"


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that goes on to nobody as well."""
    return inserted(builder, "sends_away", _sends_away)


def _sends_away(state: Any) -> Any:  # noqa: ARG001 - a node's
    return Command(goto="nobody_is_called_this")


RULE = Rule("G104", "unknown-target", "error", __doc__, check, mutate)
