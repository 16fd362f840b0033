"""The journal: records appended at once, written by one thread, read by anyone."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import threading
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from stretto.errors import MissingExtra, StateUnavailable, StateUnreadable
from stretto.home import is_database_url, without_password
from stretto.journal.backend import Row, Selection
from stretto.journal.queries import (
    ThreadSummary,
    Usage,
    last_run,
    last_turn,
    own_birth,
    summaries,
    usage,
)
from stretto.journal.sqlite import SqliteBackend
from stretto.journal.values import clean, jsonable
from stretto.records import AnyRecord, RunEnded, RunStarted, parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Sequence

    from stretto.journal.backend import Backend, Stored

RUN_TYPES = ("run_started", "run_ended")
_USAGE_TYPES = (*RUN_TYPES, "model_started", "model_ended", "tool_started", "tool_ended")

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Entry:
    record: AnyRecord
    row: Row


@dataclass(frozen=True, slots=True)
class _Flush:
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True, eq=False)
class _Subscription:
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[AnyRecord]


class _Again:
    """Asks the writer to try once more what it could not write."""


class _Close:
    """Asks the writer to end."""


_Failure = StateUnavailable | StateUnreadable
_Item = _Entry | _Flush | _Again | _Close


class Journal:
    """The log of all runs. `append` may be called from any thread; the rest belongs to event loops.

    A write that failed is kept and tried again. Until it succeeds, `append` and `flush` raise
    `StateUnavailable`, so that no run goes on unjournaled.
    """

    def __init__(self, backend: Backend, place: str) -> None:
        self.place = place
        """The file, or the URL without its password."""
        self._backend = backend
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._lock = threading.Lock()
        self._appended = self._stored = 0
        self._failure: _Failure | None = None
        self._closed = False
        self._subscriptions: tuple[_Subscription, ...] = ()
        self._writer = threading.Thread(target=self._write, name="stretto-journal", daemon=True)
        self._writer.start()

    def append(self, record: AnyRecord) -> None:
        """Hand a record to the writer; never waits.

        Raises:
            StateUnavailable: An earlier record could not be written, or the journal is closed.
            StateUnreadable: The store was found damaged.
        """
        entry = _Entry(record, Row(*_columns(record), body=_body(record)))
        with self._lock:
            if self._closed:
                raise StateUnavailable(f"the journal {self.place!r} is closed. Open it again.")
            failure = self._failure
            if failure is None or isinstance(record, RunEnded):
                self._appended += 1
                self._queue.put(entry)
            else:
                self._queue.put(_Again())
        if failure is not None:
            raise _told_again(failure)

    async def flush(self) -> None:
        """Wait until all that was appended is stored; a later crash does not lose it.

        Raises:
            StateUnavailable: It could not be written.
            StateUnreadable: The store was found damaged.
        """
        if self._closed or (self._stored == self._appended and self._failure is None):
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._queue.put(_Flush(loop, done))
        await done

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
    ) -> list[AnyRecord]:
        """Stored records, oldest first: of a thread, of a run, of some types, after a `seq`.

        Raises:
            StateUnavailable: The store cannot be reached.
            StateUnreadable: The store, or a record in it, is damaged.
        """
        selection = Selection(
            thread=None if thread is None else clean(thread),
            run=run,
            types=None if types is None else tuple(types),
            after=after,
        )
        return await asyncio.to_thread(self._read, selection)

    async def threads(self) -> list[ThreadSummary]:
        """All threads, the one worked on last first."""
        runs = await self.records(types=RUN_TYPES)
        return summaries(runs, await asyncio.to_thread(self._backend.updated))

    async def last_run(self, thread: str) -> RunStarted | None:
        """The start of the thread's last run; `None` for an unknown thread."""
        return last_run(await self.records(thread, types=RUN_TYPES))

    async def usage(self, thread: str, *, run: str | None = None) -> Usage:
        """What a thread, or one run of it, has used."""
        return usage(await self.records(thread, run=run, types=_USAGE_TYPES))

    async def spent(self, thread: str) -> Usage:
        """What the thread's last question and all resumes since have used."""
        return usage(last_turn(await self.records(thread, types=_USAGE_TYPES)))

    async def aclose(self) -> None:
        """Write what is left and release the store; `append` raises from then on."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(_Close())
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._backend.close)

    def _read(self, selection: Selection) -> list[AnyRecord]:
        return [_parsed(stored, self.place) for stored in self._backend.read(selection)]

    def _write(self) -> None:
        backlog: list[_Entry] = []
        ended = False
        while not ended:
            items = [self._queue.get()]
            while not self._queue.empty():
                items.append(self._queue.get())
            backlog += [item for item in items if isinstance(item, _Entry)]
            if backlog and self._store(backlog):
                backlog = []
            for item in items:
                if isinstance(item, _Flush):
                    _settle(item, self._failure)
            ended = any(isinstance(item, _Close) for item in items)

    def _store(self, entries: list[_Entry]) -> bool:
        try:
            seqs = self._backend.write([entry.row for entry in entries])
        except (StateUnavailable, StateUnreadable) as error:
            self._failure = error
            return False
        except Exception as error:
            logger.exception("writing the journal failed")
            self._failure = StateUnavailable(
                f"cannot write the journal {self.place!r}: {error!r}. Report this as a bug."
            )
            return False
        if self._subscriptions:
            self._publish(
                [e.record.model_copy(update={"seq": s}) for e, s in zip(entries, seqs, strict=True)]
            )
        self._stored += len(entries)
        self._failure = None
        return True

    def _publish(self, records: list[AnyRecord]) -> None:
        for subscription in self._subscriptions:
            with suppress(RuntimeError):  # its event loop has been closed meanwhile
                subscription.loop.call_soon_threadsafe(_hand_over, subscription.queue, records)


def _hand_over(queue: asyncio.Queue[AnyRecord], records: list[AnyRecord]) -> None:
    for record in records:
        queue.put_nowait(record)


def _told_again(failure: _Failure) -> _Failure:
    """A copy: an exception gathers a traceback wherever it is raised."""
    return type(failure)(*failure.args)


def _settle(flush: _Flush, failure: _Failure | None) -> None:
    def settle() -> None:
        if flush.done.done():
            return
        if failure is None:
            flush.done.set_result(None)
        else:
            flush.done.set_exception(_told_again(failure))

    with suppress(RuntimeError):  # its event loop has been closed meanwhile
        flush.loop.call_soon_threadsafe(settle)


def _columns(record: AnyRecord) -> tuple[str, str, str, float]:
    return clean(record.thread), clean(record.run), record.type, record.time


def _body(record: AnyRecord) -> str:
    try:
        return record.model_dump_json(exclude_defaults=False)
    except PydanticSerializationError:
        plain = jsonable(record.model_dump(), text=100_000, total=1_000_000)
        return type(record).model_validate(plain).model_dump_json()


def _parsed(stored: Stored, place: str) -> AnyRecord:
    try:
        return parse(stored.body).model_copy(update={"seq": stored.seq})
    except ValidationError as error:
        raise StateUnreadable(
            f"record {stored.seq} of the journal {place!r} cannot be read "
            f"({error.errors()[0]['msg']}). Move the journal away to start a new one."
        ) from error


@asynccontextmanager
async def open_journal(url: str | Path) -> AsyncGenerator[Journal]:
    """Open the journal in an SQLite file or in a Postgres database; the first use makes it.

    Raises:
        StateUnreadable: The file is damaged, not a journal, or written by a newer Stretto.
        StateUnavailable: It cannot be reached or written.
        MissingExtra: A Postgres URL without the extra `postgres`.
    """
    backend = await asyncio.to_thread(_backend, url)
    place = without_password(str(url)) if is_database_url(url) else str(url)
    journal = Journal(backend, place)
    try:
        yield journal
    finally:
        await journal.aclose()


def _backend(url: str | Path) -> Backend:
    own_birth(os.getpid())  # reads a file, which a run on the event loop must not
    if not is_database_url(url):
        return SqliteBackend(Path(url).expanduser())
    try:
        postgres = importlib.import_module("stretto.journal.postgres")
    except ImportError as error:
        raise MissingExtra("State in Postgres", "postgres") from error
    backend: Backend = postgres.PostgresBackend(str(url))
    return backend
