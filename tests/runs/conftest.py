"""State in files and in Postgres, through one fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.runs import Storage, open_storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture(params=["files", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, object]:
    """Where state is kept, as `open_storage` takes it."""
    if request.param == "files":
        return {"home": tmp_path / "state"}
    return {"url": request.getfixturevalue("postgres_url")}


@pytest.fixture
async def storage(place: dict[str, object]) -> AsyncIterator[Storage]:
    """Open state."""
    if "home" in place:
        place["home"].mkdir()  # type: ignore[attr-defined]
    async with open_storage(**place) as opened:  # type: ignore[arg-type]
        yield opened
