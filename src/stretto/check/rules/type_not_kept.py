"""A tuple that is used as one after it was stored is a list by then.

What is read from a checkpoint is not always what was written: a tuple comes back as a list, a
`Counter`, `defaultdict` or `OrderedDict` as a plain dictionary. Sets, deques and named tuples stay
what they are, and a pydantic state makes a tuple of the list again. Most code does not mind. What
does is a reducer that adds (`[1] + (2,)` raises `TypeError`), a comparison with a tuple, a tuple as
a key, and the methods that only those classes have: they work until the first resume, or the second
turn of a thread.

Bad:

```python
import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    moves: Annotated[tuple[str, ...], operator.add]


def move(state: State) -> dict:
    return {"moves": ("north",)}


builder = StateGraph(State)
builder.add_node("move", move)
builder.add_edge(START, "move")
builder.add_edge("move", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
import operator
from typing import Annotated

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    moves: Annotated[list[str], operator.add]


def move(state: State) -> dict:
    return {"moves": ["north"]}


builder = StateGraph(State)
builder.add_node("move", move)
builder.add_edge(START, "move")
builder.add_edge("move", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Annotated, Any

from typing_extensions import TypedDict

from stretto.check.mutating import inserted, saved
from stretto.check.reading.targets import local_values
from stretto.check.reducers import adds, head
from stretto.check.rule import Rule
from stretto.check.storing import CHANGED, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Field, Function, Graph
    from stretto.check.finding import Finding, Place
    from stretto.check.mutating import Builder

_METHODS = {"most_common", "elements", "subtract", "total", "move_to_end"}
"""What a dictionary has not."""


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields whose values are used as what they are no longer when they were stored."""
    if stored(graph) == "no":
        return
    pydantic = {schema.name for schema in graph.schemas if schema.base == "pydantic"}
    changed = {k: f for k, f in graph.fields.items() if head(f) in CHANGED}
    for field in changed.values():
        if adds(field):
            yield _finding(graph, field, f"its reducer {field.reducer!r} adds another to it")
    plain = {k: f for k, f in changed.items() if not f.schemas & pydantic}
    for node in graph.nodes.values() if plain else ():
        code = node.code
        if code is None or node.member is not None or code.wrapped:
            continue
        named: set[str] = set()
        for use, key, what in _uses(code):
            if key in plain and key not in named:
                named.add(key)
                why = f"node {node.name!r} {what}"
                yield _finding(graph, plain[key], why, node=node.name, place=code.at(use))


def _finding(
    graph: Graph, field: Field, why: str, *, node: str = "", place: Place | None = None
) -> Finding:
    was = head(field)
    kind = CHANGED[was]
    return RULE.finding(
        graph,
        f"field {field.name!r} is a {was} that comes back from a checkpoint as a {kind}, and {why}",
        f"Let it be a {kind}, or make a {was.rpartition('.')[2]} of it where it is used.",
        certainty="possible",
        node=node,
        key=field.name,
        place=place or field.place,
    )


def _uses(code: Function) -> Iterator[tuple[ast.AST, str, str]]:
    """The uses of a field's value that take more than its items: where, which, how."""
    for node in ast.walk(code.tree):
        used, what = _used(node)
        yield from ((node, key, what) for each in used if (key := _key(each, code)))


def _used(node: ast.AST) -> tuple[list[ast.expr], str]:
    match node:
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return _beside_tuple(one, other), "adds a tuple to it"
        case ast.Compare(left=one, ops=[ast.Eq() | ast.NotEq()], comparators=[other]):
            return _beside_tuple(one, other), "compares it with a tuple"
        case ast.Call(func=ast.Name(id="hash"), args=[one]):
            return [one], "hashes it"
        case ast.Call(func=ast.Attribute(value=one, attr=name)) if name in _METHODS:
            return [one], f"calls its .{name}()"
        case ast.Subscript(slice=one):
            return [one], "takes it as a key"
        case _:
            return [], ""


def _beside_tuple(one: ast.expr, other: ast.expr) -> list[ast.expr]:
    pairs = ((one, other), (other, one))
    return [mine for mine, theirs in pairs if isinstance(theirs, ast.Tuple)]


def _key(value: ast.expr, code: Function) -> str:
    """The key of the state whose value an expression gives; empty for all else."""
    match value:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str() as key)):
            return key if name in code.parameters[:1] else ""
        case ast.Attribute(value=ast.Name(id=name), attr=key):
            return key if name in code.parameters[:1] else ""
        case ast.Name(id=name):
            given = local_values(code.tree).get(name) or []
            return _key(given[0], code) if len(given) == 1 and given[0] is not value else ""
        case _:
            return ""


class _Stored(TypedDict):
    """A tuple that is added to."""

    a_stored_tuple: Annotated[tuple[str, ...], operator.add]


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Put a node at the front that adds to a tuple."""
    if "__root__" in builder.channels:
        return None
    return saved(inserted(builder, "adds_to_a_tuple", _adds_to_a_tuple, input_schema=_Stored))


async def _adds_to_a_tuple(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_stored_tuple": ("more",)}


RULE = Rule("S212", "type-not-kept", "warning", __doc__, check, mutate)
