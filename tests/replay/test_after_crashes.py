"""Threads that were killed, gone on with and answered are replayed like any other."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bench.crash.child import Orders, spawn
from bench.crash.person import answers
from bench.crash.shapes import SHAPES
from bench.crash.world import World
from stretto.replay import Replay
from stretto.replay import replay as replayed
from stretto.runs import open_storage

if TYPE_CHECKING:
    from pathlib import Path

MOST = 20
"""Processes that a killed run may take to its end."""


def crash(orders: Orders) -> None:
    """Run a shape to its end in processes, the first of which is killed; people answer."""
    world, was_killed = World(orders.folder / "world"), False
    for _ in range(MOST):
        told = spawn(orders).wait()
        if told is None:
            was_killed = True
            orders = replace(orders, kill=0, answers={})
            continue
        assert told.status != "failed", told.error
        if told.status == "done":
            assert was_killed
            return
        left = max(0, orders.kill - told.writes)
        given = answers(told.interrupts, world, together=False)
        orders = replace(orders, kill=left, answers=given)
    raise AssertionError("it does not come to an end")


async def replay(orders: Orders) -> Replay:
    """Replay its thread."""
    graph = SHAPES[orders.shape](World(orders.folder / "world"), orders.asks)
    async with open_storage(home=orders.folder) as storage:
        return await replayed(graph, orders.thread, storage=storage)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("asks", "kill"), [(0, 4), (0, 15), (1, 20), (2, 27)])
def test_a_crash_leaves_no_trace_in_a_replay(
    shape: str, asks: int, kill: int, tmp_path: Path
) -> None:
    """Whatever was done twice, asked by the ledger or answered in parts: it does the same."""
    orders = Orders(shape=shape, asks=asks, thread="t", folder=tmp_path, kill=kill)
    crash(orders)
    before = World(tmp_path / "world").lines()
    found = asyncio.run(replay(orders))
    assert found.same, str(found)
    assert found.answers == asks
    assert World(tmp_path / "world").lines() == before
