"""How a pattern's graph was made: the factory and what it was given, kept with the graph."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from langgraph.graph import StateGraph

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
G = TypeVar("G", bound="StateGraph[Any, Any, Any, Any]")
_MADE = "stretto_made"


@dataclass(frozen=True, slots=True)
class Made:
    """A call of a factory."""

    pattern: str
    """The factory's name."""
    given: Mapping[str, Any]
    """What it was given, by parameter, without what was left at its default."""
    nodes: frozenset[str]
    """The nodes that it made; whoever adds others has a graph that this does not tell."""


def remembered(factory: Callable[P, G]) -> Callable[P, G]:
    """Let the graphs of a factory tell how they were made."""
    signature = inspect.signature(factory)

    @wraps(factory)
    def make(*args: P.args, **kwargs: P.kwargs) -> G:
        graph = factory(*args, **kwargs)
        given: dict[str, Any] = dict(signature.bind(*args, **kwargs).arguments)
        given.update(given.pop("options", {}))
        setattr(graph, _MADE, Made(factory.__name__, given, frozenset(graph.nodes)))
        return graph

    return make


def made_of(graph: object) -> Made | None:
    """Tell how a graph was made, compiled or not; `None` where no factory did, or not alone."""
    builder: Any = graph if isinstance(graph, StateGraph) else getattr(graph, "builder", None)
    made: Made | None = getattr(builder, _MADE, None)
    return made if made is not None and made.nodes == frozenset(builder.nodes) else None
