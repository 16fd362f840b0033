"""Opening the journal, wherever it is."""

from __future__ import annotations

import asyncio
import importlib
import math
import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stretto.errors import InvalidInput, MissingExtra
from stretto.home import is_database_url, state_wait, without_password
from stretto.journal.anchors import anchors_from_environment
from stretto.journal.patience import Patience
from stretto.journal.privacy import Privacy, privacy_from_environment
from stretto.journal.queries import own_birth
from stretto.journal.sqlite import WAIT_SECONDS, SqliteBackend
from stretto.journal.store import Journal

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stretto.journal.backend import Backend


@asynccontextmanager
async def open_journal(
    url: str | Path, *, privacy: Privacy | None = None, wait: float | None = None
) -> AsyncGenerator[Journal]:
    """Open the journal in an SQLite file or in a Postgres database; the first use makes it.

    The heads of runs that end are signed and anchored when `STRETTO_SIGNING_KEY` is set.

    Args:
        url: A file or a database.
        privacy: How what was said is kept; as the environment says unless given.
        wait: Seconds that a write waits for a database that is locked or gone, before the run is
            stopped; `STRETTO_STATE_WAIT` unless given, else 10 for a locked one and 0 for one
            that is gone.

    Raises:
        StateUnreadable: The file is damaged, not a journal, or written by a newer Stretto.
        StateUnavailable: It cannot be reached or written.
        MissingExtra: A Postgres URL without the extra `postgres`.
        InvalidInput: The environment or `wait` says something that cannot be.
    """
    patience = _patience(wait)
    if privacy is None:
        privacy = await asyncio.to_thread(privacy_from_environment)
    anchors = await asyncio.to_thread(anchors_from_environment)
    backend = await asyncio.to_thread(_backend, url, privacy)
    place = without_password(str(url)) if is_database_url(url) else str(url)
    journal = Journal(backend, place, privacy=privacy, patience=patience)
    journal.on_stored = anchors.note if anchors is not None else None
    try:
        yield journal
    finally:
        await journal.aclose()


def _patience(wait: float | None) -> Patience:
    if wait is not None:
        if not 0 <= wait < math.inf:
            raise InvalidInput(f"wait is {wait!r}. Give a number of seconds, 0 or more.")
        return Patience(wait, wait)
    seconds = state_wait()
    return Patience(busy=WAIT_SECONDS) if seconds is None else Patience(seconds, seconds)


def _backend(url: str | Path, privacy: Privacy) -> Backend:
    own_birth(os.getpid())  # reads a file, which a run on the event loop must not
    if not is_database_url(url):
        return SqliteBackend(Path(url).expanduser(), privacy)
    try:
        postgres = importlib.import_module("stretto.journal.postgres")
    except ImportError as error:
        raise MissingExtra("State in Postgres", "postgres") from error
    backend: Backend = postgres.PostgresBackend(str(url), privacy)
    return backend
