"""What a task costs as the number of agents grows.

    python -m bench.scale [--agents 5 20 50 200] [--shape swarm ...]

Teams of agents with scripted models, in one to three levels. In most shapes the task is one to
which every agent contributes once, so that its cost cannot but grow with their number; in those of
five, five agents work while the others are merely there. A figure's slope is the exponent of its
growth: the slope of its logarithm over that of the number of agents, by least squares; 1 is "as
fast as the number of agents". The tail is the same between the two largest sizes alone. A figure
that is exactly in proportion to the workers, who are one less than the agents, has 1.06, and a tail
of 1.01. "Worst" is the largest slope of calls, messages, tokens, supersteps, function calls of
Python and CPU (the least of some turns, without the collector of garbage); what is stored stands
beside a chain by hand, as LangGraph's checkpoints name every node in each step.
"""

from __future__ import annotations

import argparse
import asyncio
import json

from rich.console import Console
from rich.table import Table

from bench.scale.measure import FIGURES, GROWING, Cost, slope, tail, weigh
from bench.scale.shapes import BY_HAND, SHAPES

UNITS = {"cpu": 1e3, "build": 1e3}
"""Milliseconds."""


async def measured(sizes: list[int], shapes: list[str], repeats: int) -> dict[str, list[Cost]]:
    """The costs of each shape at each size."""
    return {name: [await weigh(SHAPES[name], size, repeats) for size in sizes] for name in shapes}


def show(found: dict[str, list[Cost]]) -> None:
    heads = [f"{figure}, ms" if figure in UNITS else figure for figure in FIGURES]
    table = Table("shape", "agents", *heads)
    for name, costs in found.items():
        for cost in costs:
            table.add_row(name, str(cost.agents), *(_worded(cost, each) for each in FIGURES))
        for word, exponent in (("slope", slope), ("tail", tail)):
            table.add_row("", word, *(f"{exponent(costs, each):.2f}" for each in FIGURES))
        table.add_section()
    Console().print(table)


def _worded(cost: Cost, figure: str) -> str:
    return f"{getattr(cost, figure) * UNITS.get(figure, 1):,.0f}"


def told(found: dict[str, list[Cost]]) -> dict[str, object]:
    """All figures, by shape, and the worst slopes of what a turn costs."""
    shapes = {
        name: {
            "agents": [cost.agents for cost in costs],
            **{each: [round(getattr(cost, each), 4) for cost in costs] for each in FIGURES},
            "slopes": {each: round(slope(costs, each), 2) for each in FIGURES},
            "tails": {each: round(tail(costs, each), 2) for each in FIGURES},
        }
        for name, costs in found.items()
    }
    ways = {"worst": slope, "worst_tail": tail}
    worst = {
        key: round(max(way(found[n], each) for n in found if n != BY_HAND for each in GROWING), 2)
        for key, way in ways.items()
    }
    return {"shapes": shapes, **worst}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--agents", type=int, nargs="+", default=[5, 20, 50, 200])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shape", nargs="+", default=[*SHAPES], help="the beginnings of names")
    given = parser.parse_args()
    shapes = [name for name in SHAPES if name.startswith(tuple(given.shape))]
    found = asyncio.run(measured(sorted(given.agents), shapes, given.repeats))
    show(found)
    print(json.dumps(told(found)))


if __name__ == "__main__":
    main()
