"""The checkpointer that keeps the journal, the fence and the ledger in step with checkpoints."""

from __future__ import annotations

import asyncio
import copy
import hashlib
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from langgraph.checkpoint.base import BaseCheckpointSaver

from stretto.checkpoint.fenced import thread_of
from stretto.errors import InvalidInput, KeyUnknown, StateUnavailable
from stretto.journal.stored import Origin

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterator,
        Awaitable,
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

    from stretto.journal import Journal
    from stretto.journal.stored import Stored

    Guard = Callable[[], AbstractAsyncContextManager[None]]

T = TypeVar("T")
Saver = BaseCheckpointSaver[str]
RETRY_SECONDS = 0.2
"""Between two attempts to reach a database that is gone."""


class Fence(Protocol):
    """What refuses the writes of who has lost a thread."""

    async def take(self, thread: str, number: int) -> None:
        """Store that the thread is held under a number, here."""
        ...

    async def release(self, thread: str) -> None:
        """Hold the thread no longer."""
        ...


class JournaledSaver(Saver):
    """A checkpointer around another: the journal is flushed before anything is stored.

    So a checkpoint never refers to what the journal has lost. It notes what is stored, for effects
    that wait for it, and refuses to write for who has lost the thread. Errors of the database come
    as `StateUnavailable` and `StateUnreadable`. Make one with `journaled`.

    With `takes`, each run that writes takes its thread first: for servers, whose runs take none.
    """

    def __init__(
        self,
        inner: Saver,
        journal: Journal | None,
        guard: Guard,
        *,
        fence: Fence,
        wait: float = 0.0,
        takes: bool = False,
    ) -> None:
        super().__init__(serde=inner.serde)
        self.inner = inner
        self.journal = journal
        self.fence = fence
        self.takes = takes
        self._wait_seconds = wait
        self._guard = guard
        self._loop = asyncio.get_running_loop()
        self._runs: dict[str, str] = {}

    async def take(self, thread: str, *, after: int | None = None) -> int:
        """Take the thread: who had it before can no longer write. Gives the taking's number.

        Args:
            thread: Which one.
            after: The number of its last taking; `None` takes it whatever that is.

        Raises:
            ThreadTaken: Another has taken it since `after`.
            StateUnavailable: It cannot be stored.
        """
        if self.journal is None:
            return 0
        number = await self.journal.take(thread, after=after)
        self.journal.stored.taken(thread)
        await self._patiently(lambda: self.fence.take(thread, number))
        return number

    async def release(self, thread: str) -> None:
        """Hold the thread no longer; what this process writes to it later is not refused."""
        if self.journal is not None:
            self.journal.release(thread)
        async with self._access():
            await self.fence.release(thread)

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
        if self.journal is not None:
            self.journal.stored.kept(thread_of(config))
        found = await self._patiently(lambda: self.inner.aget_tuple(config))
        if found is not None and self.journal is not None:
            await self._noted(self.journal.stored, found)
        return found

    async def alist(
        self,
        config: RunnableConfig | None,
        **narrowed: Any,
    ) -> AsyncIterator[CheckpointTuple]:
        """Read checkpoints, newest first; narrowed by `filter`, `before` and `limit`."""
        async with self._access():
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
        await self._ready(config)
        try:
            made = await self._patiently(
                lambda: self.inner.aput(config, checkpoint, metadata, new_versions)
            )
        except BaseException as error:
            if self.journal is not None:
                self.journal.stored.failed(thread_of(config), error)
            raise
        if self.journal is not None:
            origin = self._origin(config, checkpoint, metadata)
            thread = thread_of(config)
            self.journal.stored.note(thread, checkpoint["id"], origin, made=origin is not None)
        return made

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Flush the journal, then store what a task wrote."""
        await self._ready(config)
        try:
            await self._patiently(
                lambda: self.inner.aput_writes(config, writes, task_id, task_path)
            )
        except BaseException as error:
            if self.journal is not None:
                self.journal.stored.failed(thread_of(config), error)
            raise

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete the checkpoints of a thread; its records stay."""
        async with self._access():
            await self.inner.adelete_thread(thread_id)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Read what delta channels are made of, the inner one's fast way."""
        async with self._access():
            return await self.inner.aget_delta_channel_history(config=config, channels=channels)

    @asynccontextmanager
    async def _access(self) -> AsyncGenerator[None]:
        """Surround an access to the database: its errors come as ours."""
        try:
            async with self._guard():
                yield
        except NotImplementedError as error:
            if "+" not in str(error):
                raise
            raise KeyUnknown(
                "the checkpoints are encrypted. Set STRETTO_KEY or STRETTO_KEY_FILE to their key."
            ) from error

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Do it, again for a while when the database is gone: twice leaves the same as once."""
        deadline = self._loop.time() + self._wait_seconds
        while True:
            try:
                async with self._access():
                    return await work()
            except StateUnavailable:
                if self._loop.time() >= deadline:
                    raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _ready(self, config: RunnableConfig) -> None:
        """Take the thread if that is to be done here, and see the journal stored."""
        if self.journal is None:
            return
        thread, run = thread_of(config), _run_of(config)
        if self.takes and run and self._runs.get(thread) != run:
            self._runs[thread] = run
            await self.take(thread)
        await self.journal.flush(thread)

    def _origin(
        self, config: RunnableConfig, checkpoint: Checkpoint, metadata: CheckpointMetadata
    ) -> Origin | None:
        """Where a checkpoint that is being stored comes from; `None` for one of a subgraph."""
        inside = config.get("configurable", {})
        if self.journal is None or inside.get("checkpoint_ns"):
            return None
        before = str(inside.get("checkpoint_id") or "")
        known = self.journal.stored.origin(thread_of(config), before)
        return origin_of(checkpoint, metadata, known.family if known else before)

    async def _noted(self, stored: Stored, found: CheckpointTuple) -> None:
        """Note a checkpoint that was read, and where it comes from."""
        thread, id_ = thread_of(found.config), found.checkpoint["id"]
        if found.config.get("configurable", {}).get("checkpoint_ns"):
            stored.note(thread, id_)
            return
        if stored.origin(thread, id_) is not None:
            return
        family, above = "", found
        while above.metadata.get("source") == "update" and above.parent_config is not None:
            async with self._access():
                before = await self.inner.aget_tuple(above.parent_config)
            if before is None:
                break
            above = before
        if above is not found:
            family = origin_of(above.checkpoint, above.metadata, "").family
        stored.note(thread, id_, origin_of(found.checkpoint, found.metadata, family))

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


def origin_of(checkpoint: Checkpoint, metadata: CheckpointMetadata, before: str) -> Origin:
    """Where a root graph's checkpoint comes from.

    Forks of one checkpoint have the same versions of all channels. An edit has others: it belongs
    to the family of the checkpoint it was made on, `before`.
    """
    source = metadata.get("source")
    versions = sorted((n, str(v)) for n, v in checkpoint["channel_versions"].items())
    own = hashlib.sha256(repr(versions).encode()).hexdigest()[:32] if versions else checkpoint["id"]
    family = before if source == "update" and before else own
    return Origin(family, fork=source in {"update", "fork"})


def _run_of(config: RunnableConfig) -> str:
    """The run that writes, as a server names it."""
    told = config.get("metadata") or {}
    return str(told.get("run_id") or config.get("configurable", {}).get("run_id") or "")


async def _collected(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


def journaled(
    inner: Saver,
    journal: Journal | None,
    guard: Guard,
    *,
    fence: Fence,
    wait: float = 0.0,
    takes: bool = False,
) -> JournaledSaver:
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
    return kind(inner, journal, guard, fence=fence, wait=wait, takes=takes)
