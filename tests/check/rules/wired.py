"""Graphs by their wiring: nodes that note that they ran."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Annotated, Any

from langgraph.graph import StateGraph
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable


class Log(TypedDict):
    """The names of the nodes that ran, in their order."""

    log: Annotated[list[str], operator.add]


def noting(name: str) -> Callable[[Log], Any]:
    """A node that notes its name."""

    def node(state: Log) -> dict[str, Any]:
        return {"log": [name]}

    return node


def wired(
    *edges: tuple[str | list[str], str], deferred: str = "", **nodes: Any
) -> StateGraph[Any, Any, Any, Any]:
    """A graph of edges; nodes that are not given only note their names.

    Args:
        *edges: Sources and targets.
        deferred: A node that runs last.
        **nodes: What some nodes do.
    """
    builder: StateGraph[Any, Any, Any, Any] = StateGraph(Log)
    ends = [end for source, to in edges for end in (*_all(source), to)]
    for name in dict.fromkeys([*ends, *nodes]):
        if not name.startswith("__"):
            builder.add_node(name, nodes.get(name, noting(name)), defer=name == deferred)
    for source, to in edges:
        builder.add_edge(source, to)
    return builder


def _all(source: str | list[str]) -> list[str]:
    return [source] if isinstance(source, str) else source


def ran(builder: StateGraph[Any, Any, Any, Any]) -> list[str]:
    """The nodes that ran."""
    return builder.compile().invoke({"log": []})["log"]
