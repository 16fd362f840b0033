"""Where runs keep what they have done: checkpoints, journal and locks, in files or in Postgres."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.checkpoint import open_checkpointer
from stretto.home import database_url, state_home
from stretto.journal import Journal, open_journal
from stretto.runs.lock import FileLocks, Locks, PostgresLocks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from langgraph.checkpoint.base import BaseCheckpointSaver


@dataclass(frozen=True, slots=True)
class Storage:
    """Open state, shared by any number of runs of one event loop."""

    checkpointer: BaseCheckpointSaver[str]
    journal: Journal
    locks: Locks


@asynccontextmanager
async def open_storage(
    url: str | None = None, *, home: Path | None = None
) -> AsyncGenerator[Storage]:
    """Open the project's state.

    Args:
        url: Postgres URL; by default STRETTO_DATABASE_URL, else files.
        home: Folder of the files; by default STRETTO_HOME, else `.stretto` beside langgraph.json,
            else in the working directory.

    Raises:
        StateUnreadable: A file is damaged or not ours.
        StateUnavailable: It cannot be reached or written.
        InvalidInput: STRETTO_DATABASE_URL is no Postgres URL.
        MissingExtra: A Postgres URL without the extra `postgres`.
    """
    place = url or (None if home is not None else database_url())
    if place is not None:
        async with (
            open_journal(place) as journal,
            open_checkpointer(place, journal=journal) as checkpointer,
        ):
            yield Storage(checkpointer, journal, PostgresLocks(place))
        return
    folder = home or state_home()
    async with (
        open_journal(folder / "journal.sqlite") as journal,
        open_checkpointer(folder / "checkpoints.sqlite", journal=journal) as checkpointer,
    ):
        yield Storage(checkpointer, journal, FileLocks(folder / "locks"))
