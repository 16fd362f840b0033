"""Recorded runs as tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from stretto.replay import recorded, save_recording
from stretto.runs import open_storage, run
from stretto.testing import replayed
from tests.replay.agents import Counted, agent

if TYPE_CHECKING:
    from pathlib import Path


async def _saved(folder: Path) -> Path:
    async with open_storage(home=folder / "state") as storage:
        await run(agent(Counted()), "add", thread="t", storage=storage)
        path = folder / "run.jsonl"
        save_recording(await recorded(storage.journal, "t"), path)
    return path


def test_the_same_graph_passes(tmp_path: Path) -> None:
    """From synchronous code; no model and no tool is called."""
    path, happened = asyncio.run(_saved(tmp_path)), Counted()
    assert replayed(path, agent(happened)).model_calls == 2
    assert len(happened) == 0


async def test_a_changed_graph_fails_readably(tmp_path: Path) -> None:
    """From an asynchronous test too: which message, both sides, what to do."""
    path = await _saved(tmp_path)
    with pytest.raises(AssertionError) as raised:
        replayed(str(path), agent(Counted(), prompt="You multiply."))
    assert str(raised.value).splitlines() == [
        "the graph does not do any more what run.jsonl recorded.",
        "turn 1 in model: the model is asked something else.",
        "  message 1 (system)",
        "    - You add numbers.",
        "    + You multiply.",
        "If that is what you want, run it again and save that run in its place.",
    ]
