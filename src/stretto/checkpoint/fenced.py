"""Checkpoints in SQLite, fenced: who has lost a thread to another process writes nothing more.

Each taking of a thread has a number, stored beside its checkpoints. A process that took it writes
under its number; the database refuses the write, in the same transaction, when a higher one has
been stored since. A process that never took the thread writes freely.
"""

from __future__ import annotations

import asyncio
import copy
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from typing_extensions import override

from stretto.errors import ThreadTaken

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Generator, Iterable, Mapping

    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        CheckpointTuple,
        DeltaChannelHistory,
    )
    from langgraph.checkpoint.serde.base import SerializerProtocol

T = TypeVar("T")
Statement = tuple[str, Sequence[Any]]
_TAKEN = "stretto: another process has taken this thread"
TABLE = """CREATE TABLE IF NOT EXISTS stretto_checkpoint_fences (
    thread TEXT PRIMARY KEY, number BIGINT NOT NULL
)"""
_TAKE = """INSERT INTO stretto_checkpoint_fences (thread, number) VALUES (?, ?)
    ON CONFLICT (thread) DO UPDATE SET number = excluded.number
    WHERE excluded.number > stretto_checkpoint_fences.number"""
_HELD = "CREATE TEMP TABLE IF NOT EXISTS held (thread TEXT PRIMARY KEY, number INTEGER NOT NULL)"
_HOLD = "INSERT OR REPLACE INTO temp.held (thread, number) VALUES (?, ?)"
_RELEASE = "DELETE FROM temp.held WHERE thread = ?"
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


class _Noting(SqliteSaver):
    """LangGraph's saver, whose writes are noted instead of executed.

    So the state is serialized on the event loop, where it may change, and what comes of it is
    executed on another thread, in one go.
    """

    def __init__(self, conn: sqlite3.Connection, *, serde: SerializerProtocol) -> None:
        super().__init__(conn, serde=serde)
        self._noted: list[Statement] = []

    @contextmanager
    @override
    def cursor(self, transaction: bool = True) -> Generator[Any]:
        """What stands in for a cursor."""
        yield self

    def execute(self, query: str, values: Sequence[Any] = ()) -> None:
        """Note a statement."""
        self._noted.append((query, values))

    def executemany(self, query: str, rows: Iterable[Sequence[Any]]) -> None:
        """Note a statement for each row."""
        self._noted += [(query, values) for values in rows]

    def noted(self) -> list[Statement]:
        """The statements that were noted since."""
        noted, self._noted = self._noted, []
        return noted


class FencedSqliteSaver(BaseCheckpointSaver[str]):
    """LangGraph's saver for SQLite on a thread of its own, fenced by triggers of its connection.

    Each write is one transaction, and one trip to the thread: it is stored whole or not at all,
    also where it is cancelled. `aclose` closes the connection too.
    """

    def __init__(self, conn: sqlite3.Connection, *, serde: SerializerProtocol) -> None:
        super().__init__(serde=serde)
        self.conn = conn
        self.noting = _Noting(conn, serde=serde)
        self.reading = SqliteSaver(conn, serde=serde)
        self._thread = ThreadPoolExecutor(1, "stretto-checkpoints")

    async def setup(self) -> None:
        """Make LangGraph's tables and ours."""
        await self._on_thread(self.reading.setup)
        guards = [_GUARD.format(table=table, text=_TAKEN) for table in ("checkpoints", "writes")]
        await self.execute(*((query, ()) for query in (TABLE, _HELD, *guards)))

    async def aclose(self) -> None:
        """Do what was begun, and close the connection."""
        await self._on_thread(self.conn.close)
        self._thread.shutdown()

    async def execute(self, *statements: Statement) -> list[Any]:
        """Execute statements in one transaction; gives the rows of the last one."""
        return await self._on_thread(self._executed, statements)

    async def take(self, thread: str, number: int) -> None:
        """Store that the thread is held under a number, here."""
        await self.execute((_TAKE, (thread, number)), (_HOLD, (thread, number)))

    async def release(self, thread: str) -> None:
        """Hold the thread no longer; nothing is to be done when the connection is closed."""
        with suppress(RuntimeError):  # a thread pool's word for it
            await self.execute((_RELEASE, (thread,)))

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> FencedSqliteSaver:
        """The same one, which may bring these types back too."""
        serde = super().with_allowlist(extra_allowlist).serde
        clone = copy.copy(self)
        clone.noting, clone.reading = copy.copy(self.noting), copy.copy(self.reading)
        for one in (clone, clone.noting, clone.reading):
            one.serde = serde
        return clone

    def get_next_version(self, current: str | None, channel: None) -> str:
        """LangGraph's numbering."""
        return self.reading.get_next_version(current, channel)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        return await self._on_thread(self.reading.get_tuple, config)

    async def alist(
        self, config: RunnableConfig | None, **narrowed: Any
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints, newest first, all at once: as LangGraph does, who asks for them."""

        def found() -> list[CheckpointTuple]:
            return list(self.reading.list(config, **narrowed))

        for one in await self._on_thread(found):
            yield one

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what delta channels are made of."""
        read = self.reading.get_delta_channel_history
        return await self._on_thread(lambda: read(config=config, channels=channels))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, unless the thread is lost."""
        made = self.noting.put(config, checkpoint, metadata, new_versions)
        await self._stored(config)
        return made

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote, unless the thread is lost."""
        self.noting.put_writes(config, writes, task_id, task_path)
        await self._stored(config)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete the checkpoints of a thread."""
        self.noting.delete_thread(thread_id)
        await self.execute(*self.noting.noted())

    async def _stored(self, config: RunnableConfig) -> None:
        """Execute what was noted; the refusal of a trigger is raised as what it means."""
        try:
            await self.execute(*self.noting.noted())
        except sqlite3.IntegrityError as error:
            if _TAKEN not in str(error):
                raise
            raise taken(thread_of(config)) from None

    def _executed(self, statements: Iterable[Statement]) -> list[Any]:
        rows: list[Any] = []
        with self.conn:
            for query, values in statements:
                rows = self.conn.execute(query, values).fetchall()
        return rows

    async def _on_thread(self, work: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)


def thread_of(config: RunnableConfig) -> str:
    """The thread that a checkpoint belongs to."""
    return str(config.get("configurable", {}).get("thread_id", ""))
