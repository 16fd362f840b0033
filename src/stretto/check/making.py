"""Reads the graph that a value is or gives: graphs, factories, context managers around one."""

from __future__ import annotations

import contextlib
import functools
import inspect
from typing import TYPE_CHECKING, Any, cast

from langgraph.graph import StateGraph
from langgraph.pregel import Pregel

from stretto.check.reading.compiled import read_graph
from stretto.errors import InvalidInput
from stretto.spec.waiting import wait_for

if TYPE_CHECKING:
    from stretto.check.facts import Graph

_GRAPHS = ("StateGraph", "CompiledStateGraph", "CompiledGraph", "Pregel")
_CONFIGS = ("config", "RunnableConfig")


def is_graph(value: Any) -> bool:
    """Whether it is a graph, compiled or not."""
    return isinstance(value, StateGraph | Pregel)


def says_it_makes_a_graph(value: Any) -> bool:
    """Whether a function's annotation says that it gives a graph, asking for a config at most."""
    if not inspect.isfunction(value):
        return False
    said = str(value.__annotations__.get("return", ""))
    wants = _wanted(value)
    config = not wants or wants[0].name in _CONFIGS or _CONFIGS[1] in str(wants[0].annotation)
    return any(kind in said for kind in _GRAPHS) and len(wants) <= 1 and config


def read_value(value: Any, name: str, file: str, *, served: bool = False) -> Graph:
    """Learn the facts of the graph that a value is, or that it makes.

    A factory is a function, async or not, of no argument or of one, a config; what it gives may be
    a context manager, async or not, which is left when the graph has been read.

    Raises:
        InvalidInput: There is no graph in it.
        Exception: Whatever the factory raised.
    """
    read = functools.partial(_read, name=name, file=file, served=served)
    if is_graph(value):
        return read(value)
    if not (inspect.isfunction(value) or isinstance(value, functools.partial)):
        raise _no_graph(name, value)
    wants = _wanted(value)
    if len(wants) > 1:
        names = ", ".join(repr(each.name) for each in wants)
        raise InvalidInput(
            f"the factory {name!r} wants more than a config: {names}. Give its other parameters "
            "defaults, or name a function that calls it."
        )
    return _within(value(*({"configurable": {}} for _ in wants)), read)


def _within(made: Any, read: functools.partial[Graph]) -> Graph:
    if inspect.isawaitable(made):
        made = wait_for(made)
    if isinstance(made, contextlib.AbstractAsyncContextManager) and not is_graph(made):
        return wait_for(_in_async(cast("Any", made), read))
    if isinstance(made, contextlib.AbstractContextManager) and not is_graph(made):
        with cast("Any", made) as graph:
            return read(graph)
    return read(made)


async def _in_async(
    manager: contextlib.AbstractAsyncContextManager[Any], read: functools.partial[Graph]
) -> Graph:
    async with manager as graph:
        return read(graph)


def _read(graph: Any, *, name: str, file: str, served: bool) -> Graph:
    if not is_graph(graph):
        raise _no_graph(name, graph)
    return read_graph(graph, name=name, file=file, served=served)


def _no_graph(name: str, value: Any) -> InvalidInput:
    return InvalidInput(
        f"{name!r} is no graph but of type {type(value).__name__}. Name a StateGraph, a compiled "
        "graph, or a function that returns one."
    )


def _wanted(factory: Any) -> list[inspect.Parameter]:
    """The parameters that have to be given."""
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(factory).parameters.values()
    return [p for p in parameters if p.default is p.empty and p.kind not in kinds]
