"""Verdicts, compared with what becomes of threads paused in one graph and resumed in another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.comparing.editing import edited, smalls
from tests.comparing.pausing import trials

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sources of the graphs are written."""
    return tmp_path_factory.mktemp("smalls")


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],  # shrinking runs hundreds of graphs
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_what_is_said_to_go_on_goes_on(folder: Path, data: st.DataObject) -> None:
    """A thread that is said to go on does, wherever it waits and whatever was edited."""
    old = data.draw(smalls())
    new = data.draw(edited(old))
    picked = frozenset(data.draw(st.sets(st.sampled_from(old.names))))

    async def run() -> None:
        async for trial in trials(old, new, picked, folder):
            if trial.said.going == "goes on":
                assert not trial.wrong, (trial.said, trial.wrong)

    asyncio.run(run())
