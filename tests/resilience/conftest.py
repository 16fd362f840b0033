"""What policies share by name in a process is forgotten between tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.resilience import lock_table
from stretto.resilience.names import forget

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nobody_shares() -> Iterator[None]:
    """Start and end without breakers, bulkheads and rates."""
    forget()
    yield
    forget()


@pytest.fixture(params=["files", "postgres"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where locks are kept."""
    if request.param == "postgres":
        monkeypatch.setenv("STRETTO_DATABASE_URL", request.getfixturevalue("postgres_url"))
    yield request.param
    lock_table._LOCK_TABLES.forget()
