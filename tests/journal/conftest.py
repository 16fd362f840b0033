"""A journal in each kind of store."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from stretto.journal import open_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from pathlib import Path

    from stretto.journal import Entry, Journal


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A file or a database for a journal."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return str(tmp_path / "journal.sqlite")


@pytest.fixture
async def journal(place: str) -> AsyncIterator[Journal]:
    """An open, empty journal."""
    async with open_journal(place) as opened:
        yield opened


@pytest.fixture
async def file_journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An open, empty journal in a file, for what does not depend on the store."""
    async with open_journal(tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture(scope="session")
def holds() -> Callable[[Sequence[Entry]], bool]:
    """Whether entries are one chain, by the formula of the documentation and not by our code."""

    def check(entries: Sequence[Entry]) -> bool:
        for before, entry in zip((None, *entries), entries, strict=False):
            linked = entry.prev == before.hash if before else entry.position > 0 or not entry.prev
            follows = before is None or entry.position == before.position + 1
            mine = sha256(f"{entry.prev}\n{entry.body}".encode()).hexdigest() == entry.hash
            if not (linked and follows and mine):
                return False
        return True

    return check
