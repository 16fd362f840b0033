"""Looks through all states of a graph for ones that should not be: the search is networkx's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from stretto.check.bounds.moves import TooLarge
from stretto.check.bounds.space import Space
from stretto.check.facts import END

if TYPE_CHECKING:
    from stretto.check.bounds.space import State
    from stretto.check.facts import Graph


STATES = 2_000
"""How many states are looked at; of larger graphs nothing is said."""


def searched(graph: Graph) -> Space | None:
    """All states of a graph; `None` where there are too many, or not all of its ways are known.

    What leads from one to another is at least what can happen: a condition that is not known goes
    both ways. So what cannot be reached here cannot be reached by any run.
    """
    if not graph.nodes or not all(ways.whole for ways in graph.ways.values()):
        return None
    if any(branch.targets is None for branch in graph.branches):
        return None
    try:
        return Space(graph, most=STATES).explored()
    except TooLarge:
        return None


def way_to(space: Space, state: State) -> tuple[str, ...]:
    """The shortest way from START to a state, by the nodes that run."""
    found: list[State] = nx.shortest_path(space.ways, space.first, state)
    return tuple(name for each in found for name in each.names[:1] or (END,))
