"""What the tests of faults share: state in either store, a graph with effects, and a world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bench.crash.shapes import chain
from bench.crash.world import World

if TYPE_CHECKING:
    from pathlib import Path

DONE = {
    ("look", "first 0"): 1,
    ("book", "first 1"): 1,
    ("pay", "second 0"): 1,
    ("book", "second 1"): 1,
    ("book", "last 0"): 1,
    ("pay", "last 1"): 1,
}
"""What the chain does to the world when nothing goes wrong."""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world in which nothing has happened."""
    return World(tmp_path / "world")


@pytest.fixture
def graph(world: World) -> Any:
    """The chain of the crash sweep; it asks nobody."""
    return chain(world, 0)


@pytest.fixture(params=["files", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """Where state is kept, as `open_storage` takes it."""
    if request.param == "files":
        return {"home": tmp_path / "state"}
    return {"url": request.getfixturevalue("postgres_url")}
