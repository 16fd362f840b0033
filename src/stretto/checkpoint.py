"""A checkpointer from a file name or a URL, opened fast and safe, in step with the journal."""

from __future__ import annotations

import asyncio
import copy
import importlib
import logging
import os
import sqlite3
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import BaseModel

from stretto import state
from stretto.errors import InvalidInput, MissingExtra, StateUnreadable
from stretto.home import database_url, is_database_url, state_home
from stretto.journal import Journal, open_journal
from stretto.journal.handler import JournalHandler
from stretto.journal.install import current, installed
from stretto.journal.sqlite import WAIT_SECONDS, open_file, translated
from stretto.policy import Limits

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Callable,
        Collection,
        Coroutine,
        Iterator,
        Mapping,
        Sequence,
    )
    from contextlib import AbstractAsyncContextManager

    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        CheckpointTuple,
        DeltaChannelHistory,
    )

    Guard = Callable[[], AbstractAsyncContextManager[None]]

T = TypeVar("T")
Saver = BaseCheckpointSaver[str]

CHUNK = 16
"""Rows fetched at once: a history is made of the few newest checkpoints, and each may be large."""
APPLICATION_ID = 0x53747243
"""Marks a file as Stretto's checkpoints (`StrC`), in SQLite's `application_id`."""
STATE_TYPES = tuple(
    kind
    for kind in vars(state).values()
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind.__module__ == state.__name__
)
"""What of ours a checkpoint may hold and reading it may bring back."""


def serializer() -> JsonPlusSerializer:
    """LangGraph's serializer; under `LANGGRAPH_STRICT_MSGPACK` it knows our state types too."""
    return JsonPlusSerializer().with_msgpack_allowlist(STATE_TYPES)


def _unknown(record: logging.LogRecord) -> bool:
    args = record.args if isinstance(record.args, tuple) else ()
    return not (str(record.msg).startswith("Deserializing") and args[:1] == (state.__name__,))


# Without strict msgpack LangGraph logs a warning for each type it brings back, ours too.
logging.getLogger("langgraph.checkpoint.serde.jsonplus").addFilter(_unknown)


class JournaledSaver(Saver):
    """A checkpointer around another: the journal is flushed before anything is stored.

    So a checkpoint never refers to what the journal has lost. Errors of the database come as
    `StateUnavailable` and `StateUnreadable`. Make one with `journaled`.
    """

    def __init__(self, inner: Saver, journal: Journal | None, guard: Guard) -> None:
        super().__init__(serde=inner.serde)
        self.inner = inner
        self.journal = journal
        self._guard = guard
        self._loop = asyncio.get_running_loop()

    @property
    def config_specs(self) -> list[Any]:
        """The inner one's."""
        return self.inner.config_specs

    def get_next_version(self, current: str | None, channel: None) -> str:
        """The inner one's numbering."""
        return self.inner.get_next_version(current, channel)

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> JournaledSaver:
        """The same around an inner one that may bring these types back too."""
        clone = copy.copy(self)
        clone.inner = self.inner.with_allowlist(extra_allowlist)
        clone.serde = clone.inner.serde
        return clone

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint."""
        async with self._guard():
            return await self.inner.aget_tuple(config)

    async def alist(
        self,
        config: RunnableConfig | None,
        **narrowed: Any,
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints, newest first; narrowed by `filter`, `before` and `limit`."""
        async with self._guard():
            async for item in self.inner.alist(config, **narrowed):
                yield item

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Flush the journal, then store a checkpoint."""
        await self._flushed()
        async with self._guard():
            return await self.inner.aput(config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Flush the journal, then store what a task wrote."""
        await self._flushed()
        async with self._guard():
            await self.inner.aput_writes(config, writes, task_id, task_path)

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete the checkpoints of a thread; its records stay."""
        async with self._guard():
            await self.inner.adelete_thread(thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what delta channels are made of, the inner one's fast way."""
        async with self._guard():
            return await self.inner.aget_delta_channel_history(config=config, channels=channels)

    async def _flushed(self) -> None:
        if self.journal is not None:
            await self.journal.flush()

    # LangGraph's synchronous door, for graphs that are invoked from another thread.

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint, from another thread than the event loop's."""
        return self._wait(self.aget_tuple(config))

    def list(
        self,
        config: RunnableConfig | None,
        **narrowed: Any,
    ) -> Iterator[CheckpointTuple]:
        """Read checkpoints, newest first, from another thread than the event loop's."""
        return iter(self._wait(_collected(self.alist(config, **narrowed))))

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, from another thread than the event loop's."""
        return self._wait(self.aput(config, checkpoint, metadata, new_versions))

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task wrote, from another thread than the event loop's."""
        self._wait(self.aput_writes(config, writes, task_id, task_path))

    def delete_thread(self, thread_id: str) -> None:
        """Delete a thread, from another thread than the event loop's."""
        self._wait(self.adelete_thread(thread_id))

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what delta channels are made of, from another thread than the event loop's."""
        return self._wait(self.aget_delta_channel_history(config=config, channels=channels))

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        with suppress(RuntimeError):  # no loop runs in this thread
            if asyncio.get_running_loop() is self._loop:
                work.close()
                raise InvalidInput(
                    "a graph with this checkpointer cannot be invoked synchronously on the event "
                    "loop. Use ainvoke, astream and aget_state."
                )
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


async def _collected(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


def journaled(inner: Saver, journal: Journal | None, guard: Guard) -> JournaledSaver:
    """A `JournaledSaver` that offers what `inner` does: servers and tests ask its class.

    `guard` surrounds each access to the database.
    """

    def passed_on(name: str) -> Callable[..., Coroutine[Any, Any, None]]:
        async def method(self: JournaledSaver, *args: Any, **kwargs: Any) -> None:
            async with guard():
                await getattr(self.inner, name)(*args, **kwargs)

        return method

    offered = {
        name: passed_on(name)
        for name in ("adelete_for_runs", "acopy_thread", "aprune")
        if getattr(type(inner), name) is not getattr(BaseCheckpointSaver, name)
    }
    kind: type[JournaledSaver] = type(JournaledSaver.__name__, (JournaledSaver,), offered)
    return kind(inner, journal, guard)


@asynccontextmanager
async def open_checkpointer(
    url: str | Path, *, journal: Journal | None = None
) -> AsyncGenerator[Saver]:
    """Open checkpoints in an SQLite file or in a Postgres database; the first use makes them.

    With a journal, it is flushed before anything is stored.

    Raises:
        StateUnreadable: The file is damaged or holds something else; it is left as it is.
        StateUnavailable: It cannot be reached or written.
        MissingExtra: A Postgres URL without the extra `postgres`.
    """
    async with _opened(url) as (inner, guard):
        yield journaled(inner, journal, guard)


def _opened(url: str | Path) -> AbstractAsyncContextManager[tuple[Saver, Guard]]:
    return _postgres(str(url)) if is_database_url(url) else _sqlite(Path(url).expanduser())


@asynccontextmanager
async def _sqlite(path: Path) -> AsyncGenerator[tuple[Saver, Guard]]:
    await asyncio.to_thread(_prepare, path)
    async with aiosqlite.connect(path, timeout=WAIT_SECONDS, iter_chunk_size=CHUNK) as connection:
        saver = AsyncSqliteSaver(connection, serde=serializer())

        @asynccontextmanager
        async def guard() -> AsyncGenerator[None]:
            with translated(path):
                try:
                    yield
                except (sqlite3.Error, asyncio.CancelledError):
                    # A statement may have run without its commit: it would lock the file.
                    async with saver.lock:
                        await connection.rollback()
                    raise

        with translated(path):
            await connection.execute("PRAGMA synchronous=NORMAL")
            await saver.setup()
        yield saver, guard


def _prepare(path: Path) -> None:
    connection = open_file(path, _check)
    with translated(path):
        if not _tables(connection):
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.close()


def _check(connection: sqlite3.Connection, path: Path) -> None:
    tables = _tables(connection)  # first: another process may make them in between
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    if owner not in {0, APPLICATION_ID} or (tables and "checkpoints" not in tables):
        raise StateUnreadable(
            f"{str(path)!r} is an SQLite file, but holds no checkpoints of LangGraph. "
            "It was left as it is; move it away to start a new one."
        )


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


@asynccontextmanager
async def _postgres(url: str) -> AsyncGenerator[tuple[Saver, Guard]]:
    try:
        postgres = importlib.import_module("stretto.journal.postgres")
        savers = importlib.import_module("langgraph.checkpoint.postgres.aio")
    except ImportError as error:
        raise MissingExtra("State in Postgres", "postgres") from error

    @asynccontextmanager
    async def guard() -> AsyncGenerator[None]:
        with postgres.translated(url):
            yield

    async with postgres.open_pool(url) as pool:
        saver = savers.AsyncPostgresSaver(pool, serde=serializer())
        async with guard(), postgres.setting_up(pool):
            await saver.setup()
        yield saver, guard


def places() -> tuple[str | Path, str | Path]:
    """Where the project keeps its checkpoints and its journal: one URL, or two files."""
    if url := database_url():
        return url, url
    home = state_home()
    return home / "checkpoints.sqlite", home / "journal.sqlite"


@asynccontextmanager
async def server() -> AsyncGenerator[Saver]:
    """The project's state for `langgraph dev`: its checkpoints, and every run in its journal.

    langgraph.json names it: `"checkpointer": {"path": "stretto.checkpoint.server"}`. A run may
    make `STRETTO_MAX_MODEL_CALLS` model calls (100 unless it is set).
    """
    checkpoints, log = await asyncio.to_thread(places)
    if (handler := current()) is not None:  # another event loop of this server opened it
        async with open_checkpointer(checkpoints, journal=handler.journal) as saver:
            yield saver
        return
    async with (
        open_journal(log) as journal,
        open_checkpointer(checkpoints, journal=journal) as saver,
    ):
        with installed(JournalHandler(journal, limits=_limits())):
            yield saver


def _limits() -> Limits:
    given = os.environ.get("STRETTO_MAX_MODEL_CALLS", "")
    if not given:
        return Limits()
    if not given.isdecimal():
        raise InvalidInput(
            f"STRETTO_MAX_MODEL_CALLS is {given!r}. Set it to a whole number, such as 100."
        )
    return Limits(model_calls=int(given))
