"""LangGraph's saver for Postgres, fenced; with a key it encrypts texts and numbers too.

LangGraph keeps texts and numbers of the state readable in the row of a checkpoint, whatever the
serializer. With a cipher they are put into a shell here, which goes through the serializer.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

from stretto.checkpoint.fenced import TABLE, taken, thread_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        CheckpointTuple,
    )
    from langgraph.checkpoint.serde.base import SerializerProtocol
    from psycopg_pool import AsyncConnectionPool

_TAKE = """INSERT INTO stretto_checkpoint_fences (thread, number) VALUES (%s, %s)
    ON CONFLICT (thread) DO UPDATE SET number = excluded.number
    WHERE excluded.number > stretto_checkpoint_fences.number"""
_NUMBER = "SELECT number FROM stretto_checkpoint_fences WHERE thread = %s FOR SHARE"
_END = "SELECT pg_terminate_backend(pid) FROM unnest(pg_blocking_pids(%s)) AS pid"
_PATIENCE = 1.0
"""Seconds that who stands in the way of a taking may take to end its write."""
_SHELL = "stretto sealed"
_PAUSED = "SET LOCAL idle_in_transaction_session_timeout = '15s'"
"""Who is paused within a write gives way to who takes the thread over."""


class FencedPostgresSaver(AsyncPostgresSaver):
    """A saver that checks the fence in the transaction of each write."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], serde: SerializerProtocol, *, seals: bool = False
    ) -> None:
        super().__init__(pool, serde=serde)
        self.pool = pool
        self.seals = seals
        """Whether texts and numbers of the state go through the serializer too."""
        self.held: dict[str, int] = {}

    async def setup(self) -> None:
        """Make LangGraph's tables and ours."""
        await super().setup()
        async with self.pool.connection() as connection:
            await connection.execute(TABLE)

    async def take(self, thread: str, number: int) -> None:
        """Store that the thread is held under a number, here.

        Who is paused within a write to it stands in the way: its session is ended.
        """
        async with self.pool.connection() as connection:
            taking = asyncio.create_task(connection.execute(_TAKE, (thread, number)))
            try:
                while not (await asyncio.wait([taking], timeout=_PATIENCE))[0]:
                    async with self.pool.connection() as other:
                        await other.execute(_END, (connection.info.backend_pid,))
            finally:
                taking.cancel()
            await taking
        self.held[thread] = number

    async def release(self, thread: str) -> None:
        """Hold the thread no longer."""
        self.held.pop(thread, None)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, unless the thread is lost."""
        if self.seals:
            values = {n: _sealed(v) for n, v in checkpoint["channel_values"].items()}
            checkpoint = cast("Checkpoint", {**checkpoint, "channel_values": values})
        async with self._writing(thread_of(config)) as saver:
            return await AsyncPostgresSaver.aput(saver, config, checkpoint, metadata, new_versions)

    async def aput_writes(self, config: RunnableConfig, *args: Any, **kwargs: Any) -> None:
        """Store what a task wrote, unless the thread is lost."""
        async with self._writing(thread_of(config)) as saver:
            await AsyncPostgresSaver.aput_writes(saver, config, *args, **kwargs)

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        found = await super().aget_tuple(config)
        return None if found is None else _opened(found)

    async def alist(
        self, config: RunnableConfig | None, **narrowed: Any
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints, newest first."""
        async for found in super().alist(config, **narrowed):
            yield _opened(found)

    @asynccontextmanager
    async def _writing(self, thread: str) -> AsyncGenerator[AsyncPostgresSaver]:
        """A saver whose writes are stored together with the look at the fence, or not at all."""
        held = self.held.get(thread)
        if held is None:
            yield self
            return
        async with self.pool.connection() as connection, connection.transaction():
            await connection.execute(_PAUSED)
            cursor = await connection.execute(_NUMBER, (thread,))
            row = await cursor.fetchone()
            if row is not None and row["number"] > held:
                raise taken(thread)
            yield AsyncPostgresSaver(connection, serde=self.serde)


def _sealed(value: Any) -> Any:
    return {_SHELL: value} if isinstance(value, str | int | float) else value


def _opened(found: CheckpointTuple) -> CheckpointTuple:
    values = found.checkpoint["channel_values"]
    for name, value in values.items():
        if isinstance(value, dict) and value.keys() == {_SHELL}:
            values[name] = value[_SHELL]
    return found
