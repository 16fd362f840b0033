"""Which cells of the grid are tried: all, or few that meet everything once."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from tests.grid.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.grid.cells import Order, Then
    from tests.grid.innermost import Asks, Kind, Moment

KINDS: tuple[Kind, ...] = ("function", "policy", "agent", "typed")
ASKS: tuple[tuple[Asks, Order], ...] = (
    ("none", "together"),
    ("one", "together"),
    ("turn", "together"),
    ("once", "first"),
    ("once", "last"),
    ("once", "together"),
)
CRASHES: tuple[Moment | int, ...] = ("early", "late", 30, 60, 90)
THENS: tuple[Then, ...] = ("fork", "again", "end")
STRIDE = 37
"""Steps from one variant to the next; prime to their number, so that all of them come."""


def variants(crashes: Sequence[tuple[Moment | int, ...]]) -> list[Cell]:
    """All ways to try one nesting."""
    return [
        Cell(patterns=(), kind=kind, asks=asks, order=order, crashes=dies)
        for kind, (asks, order), dies in product(KINDS, ASKS, crashes)
    ]


def varied(nestings: Iterable[tuple[str, ...]]) -> list[Cell]:
    """A way to try each, in turn."""
    ways = variants([(each,) for each in CRASHES])
    return [
        replace(ways[n * STRIDE % len(ways)], patterns=patterns, then=THENS[n % 3])
        for n, patterns in enumerate(nestings)
    ]


def circle(names: Sequence[str]) -> list[str]:
    """The names in a circle in which each comes right after each of them once (de Bruijn)."""
    round_: list[str] = []
    for first, name in enumerate(names):
        round_ += [name, *(each for other in names[first + 1 :] for each in (name, other))]
    return round_


def few(names: Sequence[str]) -> list[Cell]:
    """Each alone; and three deep, so that each is right within each once.

    A nesting of three meets two neighbourhoods: the outermost and the middle one, and the middle
    and the inner one.
    """
    round_ = circle(names)
    closed = [*round_, *round_[:2]]
    triples = [tuple(closed[n : n + 3]) for n in range(0, len(round_), 2)]
    return varied([*((name,) for name in names), *triples])


def every(names: Sequence[str]) -> list[Cell]:
    """Each in each, in all ways; and each in each in each, in one."""
    ways = variants([CRASHES])
    pairs = [
        replace(way, patterns=pair, then=THENS[n % 2])
        for pair in product(names, repeat=2)
        for n, way in enumerate(ways)
    ]
    return [*pairs, *varied(product(names, repeat=3))]
