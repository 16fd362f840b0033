"""An edge, `goto`, `Send` or branch that leads to a node that is not there ends the run in silence.

LangGraph checks static edges when it compiles, not what functions return: for an unknown name it
writes a line into the log, runs nothing, and the run ends as a success. Where there is a path_map
a name that it does not have raises a KeyError. Most often the name is misspelt, or the node was
renamed. `Command(graph=Command.PARENT)` names a node of the graph above.

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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph.types import Command

from stretto.check.facts import END, START
from stretto.check.mutating import inserted
from stretto.check.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from stretto.check.facts import Branch, Function, Graph, Node
    from stretto.check.finding import Finding, Place
    from stretto.check.mutating import Builder


@dataclass(frozen=True)
class _Way:
    """A way that is said to lead somewhere."""

    source: str
    target: str
    what: str
    place: Place | None = None
    sure: bool = True


def check(graph: Graph) -> Iterator[Finding]:
    """Name each target that is no node."""
    if not graph.nodes:
        return
    yield from _told(graph, _ways(graph), graph.nodes, "is no node")
    for branch in graph.branches:
        yield from _told(graph, _keys(branch), branch.ends or (), "its path_map does not have")
    for node in graph.nodes.values():
        inner = node.graph
        if inner is not None:
            ways = [way for each in inner.nodes.values() for way in _jumps(each, parent=True)]
            yield from _told(inner, ways, graph.nodes, "is no node of the graph above")


def _told(
    graph: Graph, ways: Iterator[_Way] | list[_Way], known: Collection[str], what: str
) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for way in ways:
        if way.target in known or (way.source, way.target) in told:
            continue
        told.add((way.source, way.target))
        near = difflib.get_close_matches(way.target, [str(each) for each in known], n=1)
        yield RULE.finding(
            graph,
            f"{way.what} of {way.source!r} leads to {way.target!r}, which {what}",
            f"Write {near[0]!r}, or add the node." if near else "Add the node, or name another.",
            certainty="proved" if way.sure else "possible",
            node=way.source if way.source in graph.nodes else "",
            place=way.place,
        )


def _ways(graph: Graph) -> Iterator[_Way]:
    """All ways of a graph to its own nodes, apart from those to its end."""
    for way in _edges(graph):
        yield from () if way.target == END else (way,)
    for branch in graph.branches:
        for target in (branch.ends or {}).values():
            if target != END:
                yield _Way(branch.source, target, "a conditional edge", branch.place)
        yield from _code(branch.source, branch.code, "a conditional edge", branch)
    for name, node in graph.nodes.items():
        for target in node.ends or ():
            if target != END:
                yield _Way(name, target, "the declared target", node.place)
        yield from _jumps(node, parent=False)


def _edges(graph: Graph) -> Iterator[_Way]:
    for source, target in sorted(graph.edges):
        place = graph.places.edge(source, target) if graph.places else None
        yield _Way(source, target, "an edge", place)
        if source != START:
            yield _Way(source, source, "an edge", place)
    for sources, target in sorted(graph.joins):
        yield _Way(sources[0], target, "an edge")
        yield from (_Way(each, each, "an edge") for each in sources)


def _jumps(node: Node, *, parent: bool) -> Iterator[_Way]:
    return _code(node.name, node.code, "a `goto`", parent=parent)


def _code(
    source: str,
    code: Function | None,
    what: str,
    branch: Branch | None = None,
    *,
    parent: bool = False,
) -> Iterator[_Way]:
    """What a function names; an empty name that is given another later is nothing."""
    if code is None or code.wrapped:
        return
    for jump in code.jumps:
        named = branch is None or branch.ends is None or jump.kind == "send"
        begun = not jump.target and not jump.sure
        ends = jump.target == END and jump.kind != "send"
        if named and jump.parent == parent and not begun and not ends:
            kind = "a Send" if jump.kind == "send" else what
            yield _Way(source, jump.target, kind, jump.at, jump.sure)


def _keys(branch: Branch) -> Iterator[_Way]:
    """What a branch's function returns for its path_map to look up."""
    code = branch.code
    if branch.ends is None or code is None or code.wrapped or not code.jumps_all:
        return
    for jump in code.jumps:
        if jump.kind == "goto" and (jump.target or jump.sure):
            yield _Way(branch.source, jump.target, "a conditional edge", jump.at, jump.sure)


def mutate(builder: Builder) -> Builder:
    """Put a node at the front that goes on to nobody as well."""
    return inserted(builder, "sends_away", _sends_away)


def _sends_away(state: Any) -> Any:  # noqa: ARG001 - a node's
    return Command(goto="nobody_is_called_this")


RULE = Rule("G104", "unknown-target", "error", __doc__, check, mutate)
