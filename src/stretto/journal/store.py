"""The journal: records appended at once, written by one thread, read by anyone."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from stretto import clock
from stretto.errors import InvalidInput
from stretto.journal import fences, retention
from stretto.journal.backend import RUN_TYPES, Selection, column
from stretto.journal.bodies import digest_of
from stretto.journal.patience import Patience
from stretto.journal.privacy import Privacy
from stretto.journal.queries import (
    ThreadSummary,
    Usage,
    last_run,
    last_turn,
    summaries,
    usage,
)
from stretto.journal.selecting import Reader
from stretto.journal.stored import Stored
from stretto.journal.values import clean
from stretto.journal.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection, Generator, Sequence

    from stretto.journal.backend import Backend, Row
    from stretto.journal.chain import Entry
    from stretto.journal.payloads import Payload
    from stretto.journal.writing import Head
    from stretto.records import AnyRecord, RunStarted

_USAGE_TYPES = (*RUN_TYPES, "model_started", "model_ended", "tool_started", "tool_ended")
logger = logging.getLogger(__name__)
_NO_PAYLOADS: tuple[Payload, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Subscription:
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[AnyRecord]


class Journal:
    """The log of all runs. `append` may be called from any thread; the rest belongs to event loops.

    What ends in `_now` blocks, and is for threads that run no event loop.

    A write that failed is kept and tried again. Until it succeeds, `append` and `flush` raise
    `StateUnavailable`, so that no run goes on unjournaled.
    """

    def __init__(
        self,
        backend: Backend,
        place: str,
        *,
        privacy: Privacy | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.place = place
        """The file, or the URL without its password."""
        self.privacy = privacy or Privacy()
        """How what was said is kept."""
        self.on_stored: Callable[[Sequence[Head]], None] | None = None
        """Told after each commit, in the writer's thread, where records came to stand. If it raises
        `StateUnavailable` that counts as a write that failed: it is told again before the next."""
        self.listeners: tuple[Callable[[Sequence[AnyRecord]], None], ...] = ()
        """Told after each commit, in the writer's thread, which records were stored, with their
        `seq`. What they raise is logged and dropped; they must be quick."""
        self.stored = Stored()
        """Which checkpoints are stored, for effects that rest on them."""
        self._backend = backend
        self._reader = Reader(backend, place, self.privacy, patience)
        self._lock = threading.Lock()
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._writer = Writer(
            backend,
            place,
            self.privacy,
            patience or Patience(),
            stored=self._publish,
            tell=self._tell,
        )

    def append(self, record: AnyRecord, payloads: Sequence[Payload] = _NO_PAYLOADS) -> None:
        """Hand a record to the writer; never waits. The record must not be changed any more.

        Args:
            record: What happened. What its `SAID` fields hold is redacted and stored apart.
            payloads: All that its digests name, and what those name; what is stored already is
                not stored again.

        Raises:
            StateUnavailable: An earlier record could not be written, or the journal is closed.
            StateUnreadable: The store was found damaged.
            ThreadTaken: Another process has taken the thread. The end of a run is dropped silently.
        """
        self._writer.append(record, payloads)

    async def note(self, record: AnyRecord) -> int:
        """Store a record that tells something of a thread from outside; done when it is stored.

        It is no part of a run: it goes in whoever has taken the thread and writes it now, also
        where this process has lost it. What its `SAID` fields hold is redacted and stored apart.

        Returns:
            Its `seq`.

        Raises:
            StateUnavailable: It could not be written, or the journal is closed.
            StateUnreadable: The store was found damaged.
        """
        written = await asyncio.wrap_future(self._writer.note(record))
        return written.seqs[0]

    async def flush(self, thread: str | None = None) -> None:
        """Wait until all that was appended is stored; a later crash does not lose it.

        Raises:
            StateUnavailable: It could not be written.
            StateUnreadable: The store was found damaged.
            ThreadTaken: Another process has taken `thread`: what was appended to it is not stored.
        """
        if (done := self._writer.flush()) is not None:
            await asyncio.wrap_future(done)
        elif self._subscriptions:
            await asyncio.sleep(0)  # lets the queues get what is stored
        if thread is not None:
            self._writer.fences.number(clean(thread))

    def flush_now(self, thread: str | None = None) -> None:
        """Do what `flush` does, blocking."""
        if (done := self._writer.flush()) is not None:
            done.result()
        if thread is not None:
            self._writer.fences.number(clean(thread))

    @contextmanager
    def subscribe(self) -> Generator[asyncio.Queue[AnyRecord]]:
        """A queue that gets every record of this process from now on, once it is stored, in order.

        After `await flush()` it holds all that was appended before.
        """
        subscription = _Subscription(asyncio.get_running_loop(), asyncio.Queue())
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        try:
            yield subscription.queue
        finally:
            with self._lock:
                self._subscriptions = tuple(s for s in self._subscriptions if s is not subscription)

    async def records(
        self,
        thread: str | None = None,
        *,
        run: str | None = None,
        types: Sequence[str] | None = None,
        after: int = 0,
        key: str | None = None,
        family: str | None = None,
        said: bool = True,
    ) -> list[AnyRecord]:
        """Stored records, oldest first.

        Args:
            thread: Only those of this thread.
            run: Only those of this run.
            types: Only those of these types.
            after: Only those with a higher `seq`.
            key: Only those of the effect with this key.
            family: Only those of effects of this family of checkpoints.
            said: Whether to read what was said, too; without it reading is faster. Where it has
                been dropped, `forgotten` is true.

        Raises:
            StateUnavailable: The store cannot be reached.
            StateUnreadable: The store, or a record in it, is damaged, or it is sealed and there is
                no key.
        """
        narrowed = partial(
            self.records_now, thread, run=run, types=types, after=after, key=key, family=family
        )
        return await asyncio.to_thread(narrowed, said=said)

    def records_now(
        self,
        thread: str | None = None,
        *,
        run: str | None = None,
        types: Sequence[str] | None = None,
        after: int = 0,
        key: str | None = None,
        family: str | None = None,
        said: bool = True,
    ) -> list[AnyRecord]:
        """Do what `records` does, blocking."""
        selection = Selection(
            thread=None if thread is None else clean(thread),
            run=None if run is None else clean(run),
            types=None if types is None else tuple(types),
            after=after,
            key=None if key is None else column(key),
            family=None if family is None else column(family),
        )
        return self._reader.records(selection, said=said)

    async def pages(
        self, *, types: Sequence[str] | None = None, after: int = 0
    ) -> AsyncGenerator[list[AnyRecord]]:
        """Stored records of all threads without what was said, oldest first, some at a time.

        For what is made of many records and keeps none: reading them all takes longer, and memory.

        Args:
            types: Only those of these types.
            after: Only those with a higher `seq`.

        Raises:
            StateUnavailable: The store cannot be reached.
            StateUnreadable: The store, or a record in it, is damaged.
        """
        wanted = None if types is None else tuple(types)
        while page := await asyncio.to_thread(
            self._reader.page, Selection(types=wanted, after=after)
        ):
            yield page
            after = page[-1].seq

    def pages_now(
        self, *, types: Sequence[str] | None = None, after: int = 0
    ) -> Generator[list[AnyRecord]]:
        """Do what `pages` does, blocking."""
        wanted = None if types is None else tuple(types)
        while page := self._reader.page(Selection(types=wanted, after=after)):
            yield page
            after = page[-1].seq

    async def payloads(self, thread: str, digests: Collection[str]) -> dict[str, Payload]:
        """Those payloads of a thread that are there, by digest.

        Raises:
            StateUnavailable: The store cannot be reached.
            StateUnreadable: One is damaged, or sealed and there is no key.
        """
        return await asyncio.to_thread(self.payloads_now, thread, digests)

    def payloads_now(self, thread: str, digests: Collection[str]) -> dict[str, Payload]:
        """Do what `payloads` does, blocking."""
        return self._reader.payloads(clean(thread), digests)

    async def entries(self, thread: str) -> list[Entry]:
        """All records of a thread as they are stored, unparsed, in the order of the chain.

        Raises:
            StateUnavailable: The store cannot be reached.
            StateUnreadable: The store is damaged.
        """
        return await asyncio.to_thread(self._reader.entries, clean(thread))

    async def threads(self) -> list[ThreadSummary]:
        """All threads, the one worked on last first.

        Where a question cannot be read, without the key or because it was damaged, that is told
        in its place.

        Raises:
            StateUnavailable: The store cannot be reached.
        """
        runs = await asyncio.to_thread(self._reader.runs, Selection(types=RUN_TYPES))
        return summaries(runs, await asyncio.to_thread(self._reader.updated))

    async def last_run(self, thread: str) -> RunStarted | None:
        """The start of the thread's last run; `None` for an unknown thread."""
        return last_run(await self.records(thread, types=RUN_TYPES))

    async def usage(self, thread: str, *, run: str | None = None) -> Usage:
        """What a thread, or one run of it, has used."""
        return usage(await self.records(thread, run=run, types=_USAGE_TYPES, said=False))

    async def spent(self, thread: str) -> Usage:
        """What the thread's last question and all resumes since have used."""
        return usage(last_turn(await self.records(thread, types=_USAGE_TYPES, said=False)))

    async def forget(self, thread: str, *, by: str = "") -> int:
        """Drop what was said in a thread; that it happened stays, and the chain holds.

        Returns:
            How many payloads were dropped.

        Raises:
            StateUnavailable: The store cannot be written.
        """
        work = partial(retention.forget, thread=clean(thread), now=clock.now(), by=by)
        removed = await asyncio.wrap_future(self._writer.do(work, heads=lambda done: done.heads))
        await asyncio.wrap_future(self._writer.scrub())
        return removed.number

    async def prune(
        self, *, older_than: float | None = None, keep: int | None = None, by: str = ""
    ) -> int:
        """Remove old runs from the beginnings of all threads; what is left of a chain holds.

        Whole turns are removed, a question with all runs that worked on it. A thread's last turn
        stays unless it is done: its effects would happen again if it were resumed.

        Args:
            older_than: Seconds: runs that ended later than that long ago are kept.
            keep: How many of the newest ended runs of a thread are kept.
            by: Who asked for it.

        Returns:
            How many records were removed.

        Raises:
            InvalidInput: Neither an age nor a count is given, or a negative one.
            StateUnavailable: The store cannot be written.
            StateUnreadable: What is left refers to sealed payloads, and there is no key.
        """
        if older_than is not None and not older_than >= 0:
            raise InvalidInput(f"{older_than!r} is no age. Give a number of seconds, 0 or more.")
        now = clock.now()
        rule = retention.Rule(None if older_than is None else now - older_than, keep)
        removed = 0
        for thread in await asyncio.to_thread(self._reader.names):
            work = partial(
                retention.prune, thread=thread, rule=rule, privacy=self.privacy, now=now, by=by
            )
            done = await asyncio.wrap_future(self._writer.do(work, heads=lambda done: done.heads))
            removed += done.number
        if removed:
            await asyncio.wrap_future(self._writer.scrub())
        return removed

    async def names(self) -> list[str]:
        """All threads of which there is a record, in the order in which they began.

        Raises:
            StateUnavailable: The store cannot be reached.
        """
        return await asyncio.to_thread(self._reader.names)

    async def left(self) -> dict[str, int]:
        """Threads whose records are all gone, and how many payloads of each are left.

        No command leaves a thread so: what prunes and what forgets leaves a record of it.

        Raises:
            StateUnavailable: The store cannot be reached.
        """
        return await asyncio.to_thread(self._reader.left)

    async def fence(self, thread: str) -> int:
        """The number of the last taking of a thread, by whom ever; 0 when nobody has.

        Raises:
            StateUnavailable: The store cannot be reached.
        """
        return await asyncio.to_thread(self._reader.fence, clean(thread))

    async def take(self, thread: str, *, after: int | None = None) -> int:
        """Take a thread: what processes that took it before write from now on is refused.

        Args:
            thread: Which one.
            after: The number it must still have; `None` takes it whatever it has.

        Returns:
            The number under which this process holds it, from 1.

        Raises:
            ThreadTaken: Its number is not `after` any more.
            StateUnavailable: The store cannot be written.
        """
        name = clean(thread)

        def held(number: int) -> Sequence[Head]:
            """Note it in the writer's thread: what it writes next is written under this number."""
            self._writer.fences.hold(name, number)
            return ()

        work = partial(fences.take, thread=name, after=after)
        return await asyncio.wrap_future(self._writer.do(work, held))

    def release(self, thread: str) -> None:
        """Hold a thread no longer; its number in the store stays."""
        self._writer.fences.release(clean(thread))

    def holds(self, thread: str) -> int:
        """The number under which this process holds a thread; 0 when it does not."""
        return self._writer.fences.held(clean(thread))

    async def check(self, thread: str) -> None:
        """Look in the store whether a thread that this process holds was taken by another.

        Raises:
            ThreadTaken: It was.
            StateUnavailable: The store cannot be reached.
        """
        await asyncio.to_thread(self.check_now, thread)

    def check_now(self, thread: str) -> None:
        """Do what `check` does, blocking."""
        name = clean(thread)
        number = self._writer.fences.number(name)
        if number and self._reader.fence(name) > number:
            self._writer.fences.lose({name: number})
            raise fences.taken(name)

    async def aclose(self) -> None:
        """Write what is left and release the store; `append` raises from then on."""
        if not self._writer.closed:
            await asyncio.to_thread(self._writer.close)
            await asyncio.to_thread(self._backend.close)

    def _publish(
        self, records: Sequence[AnyRecord], rows: Sequence[Row], seqs: Sequence[int]
    ) -> None:
        if not (self._subscriptions or self.listeners):
            return
        told = [
            record.model_copy(update={"seq": seq, "payload": digest_of(row.body)})
            for record, row, seq in zip(records, rows, seqs, strict=True)
            if seq
        ]
        for subscription in self._subscriptions:
            with suppress(RuntimeError):  # its event loop has been closed meanwhile
                subscription.loop.call_soon_threadsafe(_hand_over, subscription.queue, told)
        for listener in self.listeners:
            try:
                listener(told)
            except Exception:
                logger.exception("a listener of the journal failed")

    def _tell(self, heads: Sequence[Head]) -> None:
        if self.on_stored is not None:
            self.on_stored(heads)


def _hand_over(queue: asyncio.Queue[AnyRecord], records: list[AnyRecord]) -> None:
    for record in records:
        queue.put_nowait(record)
