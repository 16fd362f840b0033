"""Which fields of a state something may write, as far as that can be told without running it."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langgraph.graph import StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel
from pydantic import BaseModel
from typing_extensions import get_type_hints, is_typeddict

from stretto.members.node import Member
from stretto.spec.agent import Agent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_VALUES = (str, int, float, BaseModel, BaseMessage)
"""What is a result, and no update of fields."""
WRITES_KEY = "writes"
"""Key in a node's metadata under which it says which fields it may write."""


def writes_of(thing: object) -> frozenset[str] | None:
    """The fields that a member may write; `None` when nothing of it can be told.

    An agent or a model writes none of its own. A graph writes what its nodes do, where all of them
    can be told, else all of its output. A function writes what its return annotation says where
    that is a `TypedDict` or a value such as text, else the keys of the dictionaries that it
    returns as literals: there may be more that it makes otherwise.

    Args:
        thing: What is given as a member, or a `Member` made of it.
    """
    match thing:
        case Member():
            return writes_of(thing.source)
        case Agent() | BaseChatModel():
            return frozenset()
        case StateGraph() | CompiledStateGraph():
            return _of_graph(cast("Any", thing))
        case Pregel():
            channels = thing.output_channels
            return frozenset([channels] if isinstance(channels, str) else channels)
        case _ if callable(thing):
            return _of_function(thing)
        case _:
            return None


def _of_graph(
    graph: StateGraph[Any, Any, Any, Any] | CompiledStateGraph[Any, Any, Any, Any],
) -> frozenset[str] | None:
    builder = graph.builder if isinstance(graph, CompiledStateGraph) else graph
    output = frozenset(builder.schemas.get(builder.output_schema, {}))
    written: set[str] = set()
    for spec in builder.nodes.values():
        declared = (spec.metadata or {}).get(WRITES_KEY)
        node: Any = spec.runnable
        inner = getattr(node, "func", None) or getattr(node, "afunc", None) or node
        of_node = frozenset(declared) if declared is not None else _whole(inner)
        if of_node is None:
            return output
        written |= of_node
    return output & written


def _whole(function: object) -> frozenset[str] | None:
    """What a node may write where all of it can be told; `None` otherwise."""
    if isinstance(function, StateGraph | CompiledStateGraph):
        return writes_of(cast("Any", function))
    if not inspect.isfunction(inspect.unwrap(cast("Any", function))):
        return None
    if (declared := _annotated(function)) is not None:
        return declared
    found, whole = _returned(function)
    return found if whole else None


def _of_function(thing: Any) -> frozenset[str] | None:
    function: Any = thing
    while isinstance(function, functools.partial):
        function = function.func
    if not (inspect.isfunction(function) or inspect.ismethod(function)):
        function = getattr(type(function), "__call__", function)  # noqa: B004 - an object's call
    if (declared := _annotated(function)) is not None:
        return declared
    found, whole = _returned(function)
    return found if found or whole else None


def _annotated(function: Any) -> frozenset[str] | None:
    try:
        kind = inspect.get_annotations(inspect.unwrap(function), eval_str=True).get("return")
    except (NameError, TypeError, AttributeError, SyntaxError):
        return None
    if is_typeddict(kind):
        return frozenset(get_type_hints(kind))
    is_value = inspect.isclass(kind) and issubclass(kind, _VALUES)
    return frozenset() if is_value else None


def _returned(function: Any) -> tuple[frozenset[str], bool]:
    """The keys of the dictionaries that it returns, and whether it returns nothing else."""
    body = _body(inspect.unwrap(function))
    if body is None:
        return frozenset(), False
    found: set[str] = set()
    whole = True
    for value in _returns(body):
        keys, all_of_it = _keys(value)
        found |= keys
        whole = whole and all_of_it
    return frozenset(found), whole


def _body(function: Callable[..., Any]) -> ast.AST | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    first = tree.body[0] if tree.body else None
    return first if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _returns(node: ast.AST) -> Iterator[ast.expr]:
    """What a function returns, without what functions within it do."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Return) and child.value is not None:
            yield from _choices(child.value)
        yield from _returns(child)


def _choices(value: ast.expr) -> Iterator[ast.expr]:
    if isinstance(value, ast.IfExp):
        yield from _choices(value.body)
        yield from _choices(value.orelse)
    else:
        yield value


def _keys(value: ast.expr) -> tuple[set[str], bool]:
    """The keys that a returned value has, and whether it can have no others."""
    match value:
        case ast.Constant() | ast.JoinedStr():
            return set(), True  # text, or nothing
        case ast.Dict(keys=keys):
            named = [key.value for key in keys if isinstance(key, ast.Constant)]
            return {name for name in named if isinstance(name, str)}, len(named) == len(keys)
        case ast.Call(func=ast.Name(id="dict"), args=args, keywords=words):
            given = {word.arg for word in words if word.arg}
            return given, not args and len(given) == len(words)
        case _:
            return set(), False


def conflicts(
    writes: Mapping[str, frozenset[str] | None], merged: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """Two members and a field that both may write, though nothing merges what is written to it.

    Args:
        writes: What each may write, by name; `None` when not known.
        merged: The fields that have a reducer.
    """
    first: dict[str, str] = {}
    for name, fields in writes.items():
        for field in sorted((fields or frozenset()) - merged):
            if field in first:
                yield first[field], name, field
            first.setdefault(field, name)
