"""What the patterns cost beside the same work on LangGraph by hand.

    python -m bench.overhead [--repeats 9]

CPU time of this process (wall time where it says so), the ways taking turns, ratios to the way by
hand of the same round, medians of all rounds. Nothing is switched on that the other side lacks:
nothing is stored or journaled, but for the durable chain, where both sides store each step.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.overhead.chains import chain, durable, loop
from bench.overhead.delegations import delegations
from bench.overhead.handoffs import handoffs
from bench.overhead.mapping import mapping

if TYPE_CHECKING:
    from bench.overhead.ways import Work

KEYS = {
    "supervisor": ("delegations", "stretto"),
    "langgraph_supervisor": ("delegations", "langgraph-supervisor"),
    "swarm": ("handoffs", "stretto"),
    "langgraph_swarm": ("handoffs", "langgraph-swarm"),
    "chain": ("chain", "stretto"),
    "chain_fused": ("chain", "fused"),
    "loop": ("loop", "stretto"),
    "loop_fused": ("loop", "fused"),
    "durable_chain_fused_wall": ("durable", "fused"),
    "map_1000": ("mapping", "stretto"),
}


async def measured(repeats: int, folder: Path) -> dict[str, Work]:
    """All works, measured."""
    async with AsyncExitStack() as stack:
        works = {
            "delegations": delegations(),
            "handoffs": handoffs(),
            "chain": chain(),
            "loop": loop(),
            "durable": await durable(stack, folder),
            "mapping": mapping(),
        }
        for work in works.values():
            await work.measure(repeats)
        return works


def figures(works: dict[str, Work]) -> dict[str, float]:
    """The ratios, by their keys."""
    return {key: round(works[work].ratios[way], 3) for key, (work, way) in KEYS.items()}


def show(works: dict[str, Work]) -> None:
    table = Table("work", "way", "ms", "ratio", "at most")
    for work in works.values():
        for name, seconds in work.medians.items():
            most = f"{work.most[name]:g}" if name in work.most else ""
            ratio = f"{work.ratios[name]:.2f}"
            table.add_row(work.name, name, f"{seconds * 1e3:.2f}", ratio, most)
        table.add_section()
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        works = asyncio.run(measured(given.repeats, Path(folder)))
    show(works)
    print(json.dumps(figures(works)))


if __name__ == "__main__":
    main()
