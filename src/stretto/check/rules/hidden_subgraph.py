"""A graph that a node makes while it runs is hidden: no drawing, no nested state, no memory.

LangGraph finds a subgraph by looking at what a node's function closes over. One that is compiled
within the function is not there yet when it looks: `get_graph(xray=True)` and Studio show the node
as one box, `get_state(subgraphs=True)` knows nothing of it, and it is compiled anew at each run.

Bad:

```python
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    text: str


def write(state: State) -> dict:
    return {"text": state["text"] + "!"}


def team(state: State) -> dict:
    inner = StateGraph(State)
    inner.add_node("write", write)
    inner.add_edge(START, "write")
    inner.add_edge("write", END)
    made = inner.compile()
    return {"text": made.invoke({"text": state["text"]})["text"]}


builder = StateGraph(State)
builder.add_node("team", team)
builder.add_edge(START, "team")
builder.add_edge("team", END)
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


inner = StateGraph(State)
inner.add_node("write", write)
inner.add_edge(START, "write")
inner.add_edge("write", END)
made = inner.compile()


def team(state: State) -> dict:
    return {"text": made.invoke({"text": state["text"]})["text"]}


builder = StateGraph(State)
builder.add_node("team", team)
builder.add_edge(START, "team")
builder.add_edge("team", END)
graph = builder.compile()
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import START, StateGraph

from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.check.facts import Function, Graph
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

_RUNS = frozenset({"invoke", "ainvoke", "stream", "astream", "batch", "abatch"})
_MAKES = frozenset({"create_agent", "create_react_agent"})


def check(graph: Graph) -> Iterator[Finding]:
    """Name the nodes that compile a graph and run it."""
    for node in graph.nodes.values():
        if node.code is None or node.graph is not None:
            continue
        call = _runs_what_it_made(node.code)
        if call is not None:
            yield RULE.finding(
                graph,
                f"node {node.name!r} makes a graph while it runs: nobody can see into it",
                "Compile it once beside the node, and let the function use it.",
                node=node.name,
                place=node.code.at(call),
            )


def _runs_what_it_made(code: Function) -> ast.Call | None:
    made: set[str] = set()
    for each in ast.walk(code.tree):
        if isinstance(each, ast.Assign) and _makes(each.value, code):
            made |= {target.id for target in each.targets if isinstance(target, ast.Name)}
    for each in ast.walk(code.tree):
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
            owner = each.func.value
            own = isinstance(owner, ast.Name) and owner.id in made
            if each.func.attr in _RUNS and (own or _makes(owner, code)):
                return each
    return None


def _makes(value: ast.expr, code: Function) -> bool:
    """Whether an expression compiles a `StateGraph`, or makes an agent."""
    if not isinstance(value, ast.Call):
        return False
    if code.scope.dotted(value.func).rpartition(".")[2] in _MAKES:
        return True
    compiles = isinstance(value.func, ast.Attribute) and value.func.attr == "compile"
    names = {n.id for n in ast.walk(code.tree) if isinstance(n, ast.Name)}
    return compiles and "StateGraph" in names


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that makes a graph while it runs."""
    return inserted(builder, "makes_a_graph", _makes_a_graph)


def _makes_a_graph(state: Any) -> dict[str, Any]:
    inner: Any = StateGraph(cast("Any", dict))
    inner.add_node("rest", _rest)
    inner.add_edge(START, "rest")
    made = inner.compile()
    made.invoke(state)
    return {}


def _rest(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {}


RULE = Rule("U605", "hidden-subgraph", "warning", __doc__, check, mutate)
