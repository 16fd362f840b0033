"""Opens the project's journal alone, for commands that only look."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from stretto.home import database_url, state_home
from stretto.journal import open_journal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stretto.journal import Journal


@asynccontextmanager
async def reading() -> AsyncGenerator[Journal]:
    """Open the journal where the project keeps its state; no graph library is loaded.

    Raises:
        StateUnreadable, StateUnavailable, InvalidInput, MissingExtra: As `open_journal`.
    """
    place = database_url() or state_home() / "journal.sqlite"
    async with open_journal(place) as journal:
        yield journal
