"""Each pattern in each other, three deep: asked, answered, streamed, journaled, forked, crashed."""

from __future__ import annotations

import json
import os
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest

from bench.crash.case import difference, judge
from stretto import clock
from stretto.testing import Clock
from tests.crash.processes import child
from tests.grid.cells import Cell, Play, case_of
from tests.grid.kills import nestings
from tests.grid.selection import ASKS, CRASHES, KINDS, THENS, every, few
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
    """Undisturbed, after a crash, forked or asked again it ends the same, each effect done once."""
    await tried(cell, tmp_path)


@pytest.mark.parametrize("cell", few(list(PATTERNS))[:: 1 if ALL else 41], ids=str)
async def test_patterns_nest_on_postgres(cell: Cell, tmp_path: Path, postgres_url: str) -> None:
    """All the same."""
    await tried(cell, tmp_path, postgres_url)


@pytest.mark.timeout(3600 if ALL else 240)
async def test_a_killed_process_is_gone_on_from() -> None:
    """With each pattern somewhere in it: same end, each effect once, nothing lost, whole chains."""
    program = "from tests.grid.kills import main; main()"
    code, said = await child(program, *(["all"] if ALL else []))
    figures = json.loads(said.strip().rpartition("\n")[2])
    assert code == 0
    assert figures["bad"] == 0, said
    assert figures["kills"] >= len(nestings())


async def tried(cell: Cell, folder: Path, url: str = "") -> None:
    """Run a cell, look at what it leaves, let it crash, and go back to its middle or go on."""
    play = Play(cell, folder / "undisturbed", url)
    reference = await play.end()
    assert reference.told.state["messages"][-1]["content"] == cell.says
    assert set(reference.world.values()) == {1}
    assert judge(case_of(cell), reference, reference).good, reference.told
    _streamed_and_journaled(cell, play)
    for crash in cell.crashes:
        dying = Play(cell, folder / f"crashed-{crash}", url)
        await _crashed(dying, crash, reference)
    if cell.then == "fork":
        again = await play.forked()
        assert again == reference.told.state, difference(reference.told.state, again)
    elif cell.then == "again":
        again = await play.second()
        assert again["messages"][-1]["content"] == cell.says
        assert play.world.counts()["pay", "inmost last"] == 2


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


async def _crashed(dying: Play, crash: Moment | int, reference: Ran) -> None:
    """It dies there, is gone on with in storage that is opened anew, and ends as if it had not."""
    if isinstance(crash, str):
        dying.die_when = crash
    else:
        dying.die_at = max(1, reference.writes * crash // 100)
    ran = await dying.end()
    assert ran.kills == 1
    verdict = judge(case_of(dying.cell), ran, reference)
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
        assert {cell.then for cell in its} == set(THENS)
    ways = {(cell.kind, cell.asks, cell.order, cell.crashes) for cell in cells}
    assert len(ways) == len(KINDS) * len(ASKS) * len(CRASHES)
