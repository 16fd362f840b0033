"""LangGraph's savers with a fence: who has lost a thread to another process writes nothing more.

Each taking of a thread has a number, stored beside its checkpoints. A process that took it writes
under its number; the database refuses the write, in the same transaction, when a higher one has
been stored since. A process that never took the thread writes freely.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from stretto.errors import ThreadTaken

if TYPE_CHECKING:
    from collections.abc import Generator

    from langchain_core.runnables import RunnableConfig

_TAKEN = "stretto: another process has taken this thread"
TABLE = """CREATE TABLE IF NOT EXISTS stretto_checkpoint_fences (
    thread TEXT PRIMARY KEY, number BIGINT NOT NULL
)"""
_TAKE = """INSERT INTO stretto_checkpoint_fences (thread, number) VALUES (?, ?)
    ON CONFLICT (thread) DO UPDATE SET number = excluded.number
    WHERE excluded.number > stretto_checkpoint_fences.number"""
_HELD = "CREATE TEMP TABLE IF NOT EXISTS held (thread TEXT PRIMARY KEY, number INTEGER NOT NULL)"
_HOLD = "INSERT OR REPLACE INTO temp.held (thread, number) VALUES (?, ?)"
_GUARD = """CREATE TEMP TRIGGER IF NOT EXISTS fence_{table} BEFORE INSERT ON main.{table}
    WHEN (SELECT number FROM main.stretto_checkpoint_fences WHERE thread = NEW.thread_id)
        > (SELECT number FROM temp.held WHERE thread = NEW.thread_id)
    BEGIN SELECT RAISE(ABORT, '{text}'); END"""


def taken(thread: str) -> ThreadTaken:
    """The error for a process that has lost a thread."""
    return ThreadTaken(
        f"another process has taken thread {thread!r} over; what this one does is no longer "
        f"stored. Follow the other one: stretto watch {thread}"
    )


class FencedSqliteSaver(AsyncSqliteSaver):
    """LangGraph's saver for SQLite, fenced by triggers of its connection."""

    async def setup(self) -> None:
        """Make LangGraph's tables and ours."""
        await super().setup()
        async with self.lock:
            await self.conn.execute(TABLE)
            await self.conn.execute(_HELD)
            for table in ("checkpoints", "writes"):
                await self.conn.execute(_GUARD.format(table=table, text=_TAKEN))
            await self.conn.commit()

    async def take(self, thread: str, number: int) -> None:
        """Store that the thread is held under a number, here."""
        async with self.lock:
            await self.conn.execute(_TAKE, (thread, number))
            await self.conn.execute(_HOLD, (thread, number))
            await self.conn.commit()

    async def release(self, thread: str) -> None:
        """Hold the thread no longer; nothing is to be done when the connection is closed."""
        async with self.lock:
            with suppress(ValueError):  # aiosqlite's word for it
                await self.conn.execute("DELETE FROM temp.held WHERE thread = ?", (thread,))
                await self.conn.commit()

    async def aput(self, config: RunnableConfig, *args: Any, **kwargs: Any) -> RunnableConfig:
        """Store a checkpoint, unless the thread is lost."""
        with _refused(config):
            return await super().aput(config, *args, **kwargs)

    async def aput_writes(self, config: RunnableConfig, *args: Any, **kwargs: Any) -> None:
        """Store what a task wrote, unless the thread is lost."""
        with _refused(config):
            await super().aput_writes(config, *args, **kwargs)


@contextmanager
def _refused(config: RunnableConfig) -> Generator[None]:
    """Raise the refusal of a trigger as what it means."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if _TAKEN not in str(error):
            raise
        raise taken(thread_of(config)) from None


def thread_of(config: RunnableConfig) -> str:
    """The thread that a checkpoint belongs to."""
    return str(config.get("configurable", {}).get("thread_id", ""))
