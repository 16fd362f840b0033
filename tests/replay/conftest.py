"""Agents and graphs that are recorded and replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.runs import Storage, open_storage
from tests.replay.agents import Counted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Storage]:
    """Open state in files."""
    async with open_storage(home=tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def happened() -> Counted:
    """What models and tools really did."""
    return Counted()
