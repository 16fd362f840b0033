"""Where runs keep what they have done: checkpoints, journal and locks, in files or in Postgres."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stretto.checkpoint import open_checkpointer, open_store
from stretto.errors import StrettoError
from stretto.home import database_url, state_home
from stretto.journal import Journal, open_journal
from stretto.journal.fences import taken
from stretto.journal.privacy import privacy_from_environment
from stretto.observe.listening import listening
from stretto.runs.lock import FileLocks, Locks, PostgresLocks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from langgraph.store.base import BaseStore

    from stretto.checkpoint import JournaledSaver
from stretto.journal.privacy import Privacy


@dataclass(frozen=True, slots=True)
class Storage:
    """Open state, shared by any number of runs of one event loop."""

    checkpointer: JournaledSaver
    journal: Journal
    locks: Locks
    store: BaseStore
    """What graphs remember beyond a thread; `runtime.store` in their nodes."""

    @asynccontextmanager
    async def writing(
        self, thread: str, *, wait: float = 0.0, take_over: bool = False
    ) -> AsyncGenerator[int]:
        """Hold a thread and write to it; gives the number of its taking.

        Who had it before, and lost it by `take_over` or with its connection, can write no more:
        its number is lower.

        Args:
            thread: Which one.
            wait: Seconds to wait for who holds it.
            take_over: Take it from who holds it.

        Raises:
            ThreadBusy: Another turn is being written on it.
            ThreadTaken: Another process took it over at the same time.
            StateUnavailable: The state cannot be reached.
        """
        async with self.locks.hold(thread, wait=wait, take_over=take_over) as lock:
            before = await self.journal.fence(thread)
            if not await lock.stands():
                raise taken(thread)
            # In this order: who loses the lock from here on finds another number than `before`.
            number = await self.checkpointer.take(thread, after=before)
            try:
                yield number
            finally:
                with suppress(StrettoError):  # told already; what is left is of no use
                    await self.journal.flush(thread)
                with suppress(StrettoError):
                    await self.checkpointer.release(thread)


@asynccontextmanager
async def open_storage(
    url: str | None = None,
    *,
    home: Path | None = None,
    privacy: Privacy | None = None,
    wait: float | None = None,
) -> AsyncGenerator[Storage]:
    """Open the project's state.

    What is journaled is told to the logger `stretto.journal` if logging was set up before, and to
    OpenTelemetry if the environment asks for it.

    Args:
        url: Postgres URL; by default STRETTO_DATABASE_URL, else files.
        home: Folder of the files; by default STRETTO_HOME, else `.stretto` beside langgraph.json,
            else in the working directory.
        privacy: How what was said is kept; by default as STRETTO_REDACT, STRETTO_KEY and
            STRETTO_EXACT say.
        wait: Seconds a run waits for a database that is gone or locked before it stops; by default
            STRETTO_STATE_WAIT, else 10 for a locked file and none for a database that is gone.

    Raises:
        StateUnreadable: A file is damaged or not ours.
        StateUnavailable: It cannot be reached or written.
        InvalidInput: STRETTO_DATABASE_URL is no Postgres URL.
        MissingExtra: A Postgres URL without the extra `postgres`; STRETTO_OTEL without `observe`.
    """
    known = privacy or privacy_from_environment()
    place = url or (None if home is not None else database_url())
    if place is not None:
        async with (
            open_journal(place, privacy=known, wait=wait) as journal,
            listening(journal),
            open_checkpointer(
                place, journal=journal, cipher=known.cipher, wait=wait
            ) as checkpointer,
            open_store(place, cipher=known.cipher, wait=wait) as store,
        ):
            yield Storage(checkpointer, journal, PostgresLocks(place), store)
        return
    folder = home or state_home()
    async with (
        open_journal(folder / "journal.sqlite", privacy=known, wait=wait) as journal,
        listening(journal),
        open_checkpointer(
            folder / "checkpoints.sqlite", journal=journal, cipher=known.cipher, wait=wait
        ) as checkpointer,
        open_store(folder / "store.sqlite", cipher=known.cipher, wait=wait) as store,
    ):
        yield Storage(checkpointer, journal, FileLocks(folder / "locks"), store)
