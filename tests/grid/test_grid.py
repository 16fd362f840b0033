"""Each pattern in each other, three deep: asked, answered, streamed, journaled, forked, crashed."""

from __future__ import annotations

import os
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import pytest

from bench.crash.case import difference, judge
from stretto import clock
from stretto.testing import Clock
from tests.grid.cells import Cell, Play, case_of
from tests.grid.selection import ASKS, CRASHES, KINDS, every, few
from tests.grid.shapes import PATTERNS

if TYPE_CHECKING:
    from pathlib import Path

    from bench.crash.case import Ran
    from tests.grid.innermost import Moment

ALL = bool(os.environ.get("STRETTO_GRID"))
CELLS = every(list(PATTERNS)) if ALL else few(list(PATTERNS))


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time is no difference between two runs."""
    monkeypatch.setattr(clock, "now", Clock())


@pytest.mark.parametrize("cell", CELLS, ids=str)
async def test_patterns_nest(cell: Cell, tmp_path: Path) -> None:
    """Undisturbed, forked, and after a crash it ends in the same way, each effect done once."""
    play = Play(cell, tmp_path / "undisturbed")
    reference = await play.end()
    assert reference.told.state["messages"][-1]["content"] == cell.says
    assert set(reference.world.values()) == {1}
    assert judge(case_of(cell), reference, reference).good, reference.told
    _streamed_and_journaled(cell, play)
    for crash in cell.crashes:
        await _crashed(cell, crash, reference, tmp_path / f"crashed-{crash}")
    if cell.fork:
        again = await play.forked()
        assert again == reference.told.state, difference(reference.told.state, again)


def _streamed_and_journaled(cell: Cell, play: Play) -> None:
    """What happens innermost is in the stream, and in the journal at its full place."""
    assert {"by": "inmost"} in [each["data"] for each in play.parts if each["type"] == "custom"]
    done = [each for each in play.records if each.type == "effect_started" and each.name == "pay"]
    assert done
    for each in done:
        nodes = [one.partition(":")[0] for one in each.place.split("|")]
        assert _within(cell.place, nodes), (cell.place, nodes)
    if cell.kind == "policy":
        assert any(each.type == "retried" for each in play.records)


def _within(some: list[str], more: list[str]) -> bool:
    """Whether all of these are among those, in this order."""
    left = iter(more)
    return all(name in left for name in some)


async def _crashed(cell: Cell, crash: Moment | int, reference: Ran, folder: Path) -> None:
    dies: dict[str, Any] = (
        {"die_when": crash}
        if isinstance(crash, str)
        else {"die_at": max(1, reference.writes * crash // 100)}
    )
    ran = await Play(cell, folder, **dies).end()
    assert ran.kills == 1
    verdict = judge(case_of(cell), ran, reference)
    assert verdict.good, verdict


def test_the_few_meet_everything() -> None:
    """Each pattern is within each, at each depth, and tried in each way; all ways are tried."""
    names, cells = list(PATTERNS), few(list(PATTERNS))
    deep = [cell for cell in cells if len(cell.patterns) == 3]
    near = {pair for cell in deep for pair in pairwise(cell.patterns)}
    assert near == set(product(names, repeat=2))
    for name in names:
        depths = {n for cell in deep for n, each in enumerate(cell.patterns) if each == name}
        assert depths == {0, 1, 2}
        its = [cell for cell in cells if name in cell.patterns]
        assert {cell.kind for cell in its} == set(KINDS)
        assert {(cell.asks, cell.order) for cell in its} == set(ASKS)
        assert {crash for cell in its for crash in cell.crashes} == set(CRASHES)
        assert {cell.fork for cell in its} == {True, False}
    ways = {(cell.kind, cell.asks, cell.order, cell.crashes) for cell in cells}
    assert len(ways) == len(KINDS) * len(ASKS) * len(CRASHES)
