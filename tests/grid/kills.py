"""Cells whose process is killed (SIGKILL), judged as the crash sweep judges its own."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.crash.case import Case, Verdict, judge, play
from bench.crash.shapes import QUESTION, SHAPES
from stretto import clock
from stretto.testing import Clock
from tests.grid.cells import Cell, without_tokens
from tests.grid.selection import varied
from tests.grid.shapes import PATTERNS

if TYPE_CHECKING:
    from bench.crash.case import Ran
    from bench.crash.child import When
    from bench.crash.world import World

Point = tuple[int, "When"]
"""How much of what an undisturbed run writes is written when the process is killed, in percent; and
whether it is killed before the next write, or after it."""
POINTS: list[Point] = [(share, when) for share in range(5, 100, 10) for when in ("before", "after")]
STEP = 7
"""From the point of one cell to that of the next, where each is killed once."""


def nestings() -> list[Cell]:
    """Each pattern once, three deep."""
    names = list(PATTERNS)
    names += names[: -len(names) % 3]
    return varied(tuple(names[n :: len(names) // 3]) for n in range(len(names) // 3))


def killed(cell: Cell, root: Path, points: list[Point]) -> list[Verdict]:
    """What becomes of a cell when it is killed at each of these points.

    Raises:
        RuntimeError: It fails undisturbed.
    """

    def build(world: World, _asks: int) -> object:
        return cell.build(world)

    SHAPES[str(cell)], QUESTION[str(cell)] = build, "go"
    alone = Case(shape=str(cell), asks=0, when="before", n=0, store="sqlite")
    reference = _played(alone, root)
    if reference.told.status != "done":
        raise RuntimeError(f"{cell} fails undisturbed: {reference.told.error}")
    cases = [
        replace(alone, n=max(1, reference.writes * share // 100), when=when)
        for share, when in points
    ]
    return [judge(case, _played(case, root), reference).told() for case in cases]


def _played(case: Case, root: Path) -> Ran:
    ran = play(case, root, "")
    ran.told.state = without_tokens(ran.told.state)
    return ran


def main() -> None:
    """Kill each cell once, or with `all` at all points."""
    clock.now = Clock()
    with tempfile.TemporaryDirectory() as root:
        found = [
            verdict
            for number, cell in enumerate(nestings())
            for verdict in killed(
                cell,
                Path(root),
                POINTS if "all" in sys.argv else [POINTS[number * STEP % len(POINTS)]],
            )
        ]
    figures = {"kills": sum(v.kills for v in found), "bad": sum(not v.good for v in found)}
    sys.stdout.write(f"{json.dumps(figures)}\n")
