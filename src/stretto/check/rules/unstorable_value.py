"""A value that no checkpoint can hold ends the run with `TypeError`.

With a checkpointer every value of the state is serialized after the step that wrote it. Locks,
sockets, open files, connections, live clients, functions, generators, iterators, `range`, the views
that `dict.keys()` gives, modules, and objects of plain classes are refused: "Type is not msgpack
serializable". Without a checkpointer the graph runs, so that it shows only in production. What a
field with `UntrackedValue` holds is not stored. Pydantic models, dataclasses, named tuples, enums,
dates, paths, UUIDs, decimals, sets, deques and arrays can be stored.

Bad:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    prices: dict[str, float]
    names: list[str]


def name(state: State) -> dict:
    return {"names": state["prices"].keys()}


builder = StateGraph(State)
builder.add_node("name", name)
builder.add_edge(START, "name")
builder.add_edge("name", END)
graph = builder.compile(checkpointer=InMemorySaver())
```

Good:

```python
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict):
    prices: dict[str, float]
    names: list[str]


def name(state: State) -> dict:
    return {"names": list(state["prices"])}


builder = StateGraph(State)
builder.add_node("name", name)
builder.add_edge(START, "name")
builder.add_edge("name", END)
graph = builder.compile(checkpointer=InMemorySaver())
```
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from stretto.check.mutating import inserted, saved
from stretto.check.reading.targets import local_values
from stretto.check.reducers import is_dict
from stretto.check.rule import Rule
from stretto.check.storing import UNSTORABLE, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langgraph.pregel import Pregel

    from stretto.check.facts import Field, Function, Graph, Node
    from stretto.check.finding import Finding
    from stretto.check.mutating import Builder

DEPTH = 3
"""How many names deep a value is looked for."""
_REMEDY = (
    "Store what it is made from, make a list of it, give the field `UntrackedValue`, or keep it "
    "outside of the state, as in the runtime's context."
)


def check(graph: Graph) -> Iterator[Finding]:
    """Name the fields and the written values that no checkpoint can hold."""
    kept = stored(graph)
    if kept == "no":
        return
    fields = {k: f for k, f in graph.fields.items() if not f.managed and f.kind != "UntrackedValue"}
    for field in fields.values():
        what = _refused(field)
        if what:
            yield RULE.finding(
                graph,
                f"field {field.name!r} is of {what!r}, which no checkpoint can hold",
                _REMEDY,
                certainty="possible",
                key=field.name,
                place=field.place,
            )
    for node in graph.nodes.values():
        yield from _written(graph, node, fields.keys(), sure=kept == "yes")


def _refused(field: Field) -> str:
    for each in field.classes:
        if each.name in UNSTORABLE or each.kind == "plain":
            return each.name
    return ""


def _written(graph: Graph, node: Node, keys: Any, *, sure: bool) -> Iterator[Finding]:
    code = node.code
    if code is None or node.member is not None or code.wrapped:
        return
    for write in code.writes:
        if write.key not in keys or write.parent:
            continue
        for value in write.values:
            what = _kind(value, code, graph)
            if what:
                certain = sure and write.every and len(write.values) == 1
                yield RULE.finding(
                    graph,
                    f"node {node.name!r} writes {what} to {write.key!r}, which no checkpoint can "
                    "hold",
                    _REMEDY,
                    certainty="proved" if certain else "possible",
                    node=node.name,
                    key=write.key,
                    place=code.at(value),
                )


def _kind(value: ast.expr, code: Function, graph: Graph, depth: int = 0) -> str:
    """What a value is, in words, when it cannot be stored; empty otherwise."""
    match value:
        case ast.Lambda():
            return "a function"
        case ast.GeneratorExp():
            return "a generator"
        case ast.Call():
            return _made(value, code, graph)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            kinds = (_kind(each, code, graph, depth + 1) for each in elements)
            return next(filter(None, kinds), "")
        case ast.Name(id=name) if depth < DEPTH:
            given = local_values(code.tree).get(name) or []
            return _kind(given[0], code, graph, depth + 1) if len(given) == 1 else ""
        case _:
            return ""


def _made(call: ast.Call, code: Function, graph: Graph) -> str:
    match call.func:
        case ast.Attribute(value=owner, attr="keys" | "values" | "items" as name):
            taken = not call.args and _is_mapping(owner, code, graph)
            return f"a view, .{name}()," if taken else ""
        case func:
            called = code.scope.dotted(func).removeprefix("builtins.")
            return f"{called}(...)" if called in UNSTORABLE - {"type"} else ""


def _is_mapping(owner: ast.expr, code: Function, graph: Graph) -> bool:
    """Whether an expression is a field that is a dictionary, or a dictionary that is made here."""
    key: object = None
    match owner:
        case ast.Dict() | ast.DictComp():
            return True
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=key)):
            pass
        case ast.Attribute(value=ast.Name(id=name), attr=key):
            pass
        case ast.Name(id=name):
            given = local_values(code.tree).get(name) or []
            return bool(given) and all(isinstance(e, ast.Dict | ast.DictComp) for e in given)
        case _:
            return False
    field = graph.fields.get(str(key))
    return name in code.parameters and field is not None and is_dict(field)


class _Unstorable(TypedDict):
    """What holds a function."""

    a_stored_function: Any


def mutate(builder: Builder) -> Pregel[Any, Any, Any, Any] | None:
    """Put a node at the front that writes a function, and compile it so that it is stored."""
    if "__root__" in builder.channels:
        return None
    made = inserted(builder, "stores_a_function", _stores_a_function, input_schema=_Unstorable)
    return saved(made)


async def _stores_a_function(state: Any) -> dict[str, Any]:  # noqa: ARG001 - a node's
    return {"a_stored_function": lambda: "lost"}


RULE = Rule("S208", "unstorable-value", "error", __doc__, check, mutate)
