"""Which waits can never end: pure decisions over who waits for whom."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Edge:
    """Who waits, within what, and whose end would help it; all are ids."""

    id: str
    helpers: tuple[str, ...]
    """Holds of what it waits for: it goes on when any one of them ends."""
    within: tuple[str, ...]
    """Holds that it is at work in: none of them ends before it."""


class Link(NamedTuple):
    """A step of a cycle: who waits for a hold in which the next one waits."""

    waiter: str
    hold: str


def stuck(edges: Iterable[Edge]) -> frozenset[str]:
    """The waits that no end of any hold can help: all helpers of each have one of them within.

    It is exact where each hold ends once nobody waits within it, and everyone who waits is told.
    """
    left = {edge.id: edge for edge in edges}
    while True:
        blocked = {hold for edge in left.values() for hold in edge.within}
        free = [e.id for e in left.values() if not blocked.issuperset(e.helpers) or not e.helpers]
        if not free:
            return frozenset(left)
        for each in free:
            del left[each]


def cycle(edges: Mapping[str, Edge], of: str) -> tuple[Link, ...]:
    """The shortest way from a stuck wait over holds and those within them back to itself.

    Args:
        edges: The stuck waits, by id.
        of: The wait to begin with.

    Returns:
        Its steps in their order; none when it only waits behind a cycle of others.
    """
    came: dict[str, Link] = {}
    todo = deque([of])
    while todo:
        waiter = todo.popleft()
        for link, after in _steps(edges, waiter):
            if after in came:
                continue
            came[after] = link
            if after == of:
                return _way(came, of)
            todo.append(after)
    return ()


def knot(edges: Mapping[str, Edge], of: str) -> frozenset[str]:
    """All that can be reached from a stuck wait, if it can be reached from each of them.

    Then no other end than that of one of them helps; else there is none: what it waits behind is
    for others to see to.
    """
    reached = _reached(edges, of)
    return reached if all(of in _reached(edges, each) for each in reached) else frozenset()


def _reached(edges: Mapping[str, Edge], of: str) -> frozenset[str]:
    found: set[str] = set()
    todo = [of]
    while todo:
        for _, after in _steps(edges, todo.pop()):
            if after not in found:
                found.add(after)
                todo.append(after)
    return frozenset(found)


def _steps(edges: Mapping[str, Edge], waiter: str) -> Iterable[tuple[Link, str]]:
    for hold in edges[waiter].helpers:
        for other in edges.values():
            if hold in other.within:
                yield Link(waiter, hold), other.id


def _way(came: Mapping[str, Link], of: str) -> tuple[Link, ...]:
    way = [came[of]]
    while way[-1].waiter != of:
        way.append(came[way[-1].waiter])
    return tuple(reversed(way))
