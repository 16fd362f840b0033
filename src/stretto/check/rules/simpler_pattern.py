"""Something that chooses, gathers or maps, where there is just one to choose, gather or map.

A conditional edge with one target is an edge; a list edge of one source is one, too; a `Send` for
each of one is a call; a supervisor of one agent costs model calls to come to the same each time.
The plain form is drawn as what it is, and has less that can go wrong.

Bad:

```python
from typing import Literal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


def next_step(state: State) -> Literal["review"]:
    return "review"


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_conditional_edges("write", next_step)
builder.add_edge("review", END)
graph = builder.compile()
```

Good:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": "a draft"}


def review(state: State) -> dict:
    return {"text": state["text"] + ", reviewed"}


builder = StateGraph(State)
builder.add_node("write", write)
builder.add_node("review", review)
builder.add_edge(START, "write")
builder.add_edge("write", "review")
builder.add_edge("review", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, Literal

from stretto.check.choices import choices
from stretto.check.facts import END, START
from stretto.check.mutating import copied
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Branch, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder


def check(graph: Graph) -> Iterator[Finding]:
    """Name what could be plainer."""
    yield from _edges(graph)
    for sources, target in sorted(graph.joins):
        if len(set(sources)) == 1:
            yield RULE.finding(
                graph,
                f"the list edge to {target!r} waits for {sources[0]!r} alone",
                f"Write `add_edge({sources[0]!r}, {target!r})`.",
                node=target,
            )
    yield from _supervisors(graph)


def _edges(graph: Graph) -> Iterator[Finding]:
    """Conditional edges that have nothing to choose."""
    for branch in graph.branches:
        source = "START" if branch.source == START else repr(branch.source)
        node = branch.source if branch.source in graph.nodes else ""
        target = _only(branch)
        if target is not None:
            to = "END" if target == END else repr(target)
            yield RULE.finding(
                graph,
                f"the conditional edge of {source} can lead to {to} alone",
                "Make it a static edge.",
                node=node,
                place=branch.place,
            )
        elif _maps_one(branch):
            yield RULE.finding(
                graph,
                f"the conditional edge of {source} maps over a list of one",
                "Lead to the node by a static edge, and let it read what it needs.",
                node=node,
                place=branch.place,
            )


def _only(branch: Branch) -> str | None:
    """The one node that a conditional edge can lead to, by a name and not by a `Send`."""
    targets, code = branch.targets, branch.code
    if targets is None or len(targets) != 1 or code is None or code.wrapped:
        return None
    always = all(isinstance(code.scope.value(value), str) for value in code.returns)
    return next(iter(targets)) if code.returns and always else None


def _maps_one(branch: Branch) -> bool:
    code = branch.code
    if code is None or len(code.returns) != 1:
        return False
    match code.returns[0]:
        case ast.ListComp(generators=[ast.comprehension(iter=ast.List(elts=[one]))]):
            return not isinstance(one, ast.Starred)
        case _:
            return False


def _supervisors(graph: Graph) -> Iterator[Finding]:
    """Nodes that lead to one agent, which leads back, or to the end."""
    if not all(ways.whole for ways in graph.ways.values()):
        return
    chosen = choices(graph)
    for name in sorted(graph.ways[START].all & set(graph.nodes)):
        workers = graph.ways[name].all - {END}
        worker = graph.nodes.get(next(iter(workers), ""))
        if worker is None or worker.agent is None or {*graph.nodes} != {name, worker.name}:
            continue
        decides = any(len(each.options) > 1 and each.sure for each in chosen[name])
        if decides and worker.name != name and not graph.ways[worker.name].all - {name}:
            yield RULE.finding(
                graph,
                f"node {name!r} manages one agent, {worker.name!r}",
                f"Lead from START to {worker.name!r}, or give it what {name!r} knows.",
                certainty="possible",
                node=name,
            )


def mutate(builder: Builder) -> Builder:
    """Start a node as well by a conditional edge that can lead to nothing else."""
    made = copied(builder)
    made.add_node("the_only_one", _passes)
    made.add_conditional_edges(START, _always)
    return made


def _passes(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


def _always(state: Any) -> Literal["the_only_one"]:  # noqa: ARG001 - a branch's
    return "the_only_one"


RULE = Rule("V902", "simpler-pattern", "info", __doc__, check, mutate, advice=True)
