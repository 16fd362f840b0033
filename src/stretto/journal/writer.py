"""The thread that writes the journal: records in batches, and what is to be done between them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from stretto.errors import StateUnavailable, StateUnreadable, ThreadTaken
from stretto.journal.backend import Row, column
from stretto.journal.bodies import split
from stretto.journal.fences import Fences
from stretto.journal.values import clean
from stretto.journal.writing import Batch, Known
from stretto.records import AnyRecord, RunEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.journal.backend import Backend, Session
    from stretto.journal.patience import Patience
    from stretto.journal.payloads import Payload
    from stretto.journal.privacy import Privacy
    from stretto.journal.writing import Head, Written

T = TypeVar("T")
Failure = StateUnavailable | StateUnreadable

MOST = 1_000
"""Records that are written in one transaction."""

LINGER = 0.02
"""Seconds that the writer lets records gather, while nobody waits for them."""

logger = logging.getLogger(__name__)


class _Entry(NamedTuple):
    record: AnyRecord
    payloads: Sequence[Payload]
    fence: int


@dataclass(frozen=True, slots=True)
class _Flush:
    done: Future[None] = field(default_factory=Future[None])


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Session], Any]
    heads: Callable[[Any], Sequence[Head]]
    done: Future[Any] = field(default_factory=Future[Any])


@dataclass(frozen=True, slots=True)
class _Scrub:
    done: Future[None] = field(default_factory=Future[None])


class _Again:
    """Asks the writer to try once more what it could not write."""


class _Close:
    """Asks the writer to end."""


_Item = _Entry | _Flush | _Job | _Scrub | _Again | _Close


class Writer:
    """Stores records in the order in which they are appended.

    Args:
        backend: Where to.
        place: What to call it in errors.
        privacy: How what was said is kept.
        patience: How long to wait for the backend.
        stored: Called in the writer's thread with records, their rows and the `seq` of each, 0
            for one that was refused.
        tell: Called after it with where records came to stand; may raise `StateUnavailable`.
    """

    def __init__(
        self,
        backend: Backend,
        place: str,
        privacy: Privacy,
        patience: Patience,
        *,
        stored: Callable[[Sequence[AnyRecord], Sequence[Row], Sequence[int]], None],
        tell: Callable[[Sequence[Head]], None],
    ) -> None:
        self.fences = Fences()
        self.closed = False
        self._backend, self._place, self._privacy = backend, place, privacy
        self._patience, self._stored, self._tell = patience, stored, tell
        self._queue: SimpleQueue[_Item] = SimpleQueue()
        self._lock = threading.Lock()
        self._appended = self._settled = 0
        self._failure: Failure | None = None
        self._known = Known()
        self._backlog: deque[_Entry] = deque()
        self._untold: list[Head] = []
        self._pending: tuple[list[AnyRecord], Batch] | None = None
        self._hurry = threading.Event()
        self._urgent = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stretto-journal", daemon=True)
        self._thread.start()

    def append(self, record: AnyRecord, payloads: Sequence[Payload]) -> None:
        """Hand over a record; never waits.

        Raises:
            StateUnavailable: An earlier record could not be written, or the journal is closed.
            StateUnreadable: The store was found damaged.
            ThreadTaken: Another process has taken the record's thread.
        """
        try:
            fence = self.fences.number(clean(record.thread))
        except ThreadTaken:
            if isinstance(record, RunEnded):
                return
            raise
        with self._lock:
            self._refuse_closed()
            failure = self._failure
            if failure is None or isinstance(record, RunEnded):
                self._appended += 1
                self._queue.put(_Entry(record, payloads, fence))
                if isinstance(record, RunEnded):  # others may ask now how the run ended
                    self._urgent.set()
            else:
                self._queue.put(_Again())
                self._urgent.set()
        if failure is not None:
            raise _told_again(failure)

    def flush(self) -> Future[None] | None:
        """Done when all that was appended is stored; `None` if it is already."""
        settled = self._settled == self._appended and not self._untold
        if self.closed or (settled and self._failure is None):
            return None
        item = _Flush()
        self._queue.put(item)
        self._urgent.set()
        return item.done

    def do(
        self,
        work: Callable[[Session], T],
        heads: Callable[[T], Sequence[Head]] = lambda _: (),
    ) -> Future[T]:
        """Have something else done in a transaction, after all that was appended before.

        Args:
            work: What to do.
            heads: Where records came to stand by it, from what it returns.

        Raises:
            StateUnavailable: The journal is closed.
        """
        item = _Job(work, heads)
        self._ask(item)
        return item.done

    def note(self, record: AnyRecord) -> Future[Written]:
        """Store a record that tells of a thread from outside, whoever has taken it.

        Raises:
            StateUnavailable: The journal is closed.
        """
        row = self._row(_Entry(record, (), 0))
        batch = Batch([row], Known(), self._privacy)

        def told(written: Written) -> Sequence[Head]:
            with suppress(Exception):  # nobody who listens may stop the writer
                self._stored([record], batch.rows, written.seqs)
            return written.heads

        return self.do(batch, heads=told)

    def scrub(self) -> Future[None]:
        """Leave nothing of what was deleted in files; done also when that cannot be just now.

        Raises:
            StateUnavailable: The journal is closed.
        """
        item = _Scrub()
        self._ask(item)
        return item.done

    def _ask(self, item: _Item) -> None:
        with self._lock:
            self._refuse_closed()
            self._queue.put(item)
        self._urgent.set()

    def close(self) -> None:
        """Write what is left, without waiting for a database that is gone, and end; blocks."""
        with self._lock:
            if not self.closed:
                self.closed = True
                self._queue.put(_Close())
        self._urgent.set()
        self._hurry.set()
        self._thread.join()

    def _refuse_closed(self) -> None:
        if self.closed:
            raise StateUnavailable(f"the journal {self._place!r} is closed. Open it again.")

    def _run(self) -> None:
        ended = False
        while not ended:
            items = [self._queue.get()]
            if isinstance(items[0], _Entry):
                self._urgent.wait(LINGER)
            self._urgent.clear()
            while not self._queue.empty():
                items.append(self._queue.get())
            self._backlog.extend(item for item in items if isinstance(item, _Entry))
            self._store()
            for item in items:
                if isinstance(item, _Job):
                    self._perform(item)
                elif isinstance(item, _Scrub):
                    self._clean_up(item)
            for item in items:
                if isinstance(item, _Flush):
                    _settle(item.done, self._failure)
            ended = any(isinstance(item, _Close) for item in items)
        if self._appended != self._settled:
            logger.error(
                "%s records of the journal %s could not be written: %s",
                self._appended - self._settled,
                self._place,
                self._failure,
            )

    def _store(self) -> None:
        """Write the backlog, batch by batch; what fails stays for the next time."""
        while self._untold or self._pending is not None or self._backlog:
            try:
                self._tell_all()
                if self._pending is None and not self._backlog:
                    break
                records, batch = self._pending = self._pending or self._batch()
                written = self._tried(batch)
            except (StateUnavailable, StateUnreadable) as error:
                self._failure = error
                return
            except Exception as error:
                logger.exception("writing the journal failed")
                self._failure = StateUnavailable(
                    f"cannot write the journal {self._place!r}: {error!r}. Report this as a bug."
                )
                return
            self._pending = None
            self._known.add(written.kept)
            self.fences.lose(written.refused)
            self._untold += written.heads
            with suppress(Exception):  # nobody who listens may stop the writer
                self._stored(records, batch.rows, written.seqs)
            self._settled += len(records)
        self._failure = None

    def _tell_all(self) -> None:
        if self._untold:
            self._tell(self._untold)
            self._untold = []

    def _batch(self) -> tuple[list[AnyRecord], Batch]:
        entries = [self._backlog[place] for place in range(min(MOST, len(self._backlog)))]
        rows = [self._row(entry) for entry in entries]
        batch = Batch(rows, self._known, self._privacy)
        for _ in entries:
            self._backlog.popleft()
        return [entry.record for entry in entries], batch

    def _row(self, entry: _Entry) -> Row:
        record, payloads, fence = entry
        body, said = split(record, self._privacy)
        told, thread = vars(record), clean(record.thread)
        return Row(
            thread,
            clean(record.run),
            record.type,
            record.time,
            column(told.get("key", "")) or None,
            column(told.get("family", "")) or None,
            body,
            (*payloads, said) if said is not None else tuple(payloads),
            self.fences.current(thread, fence),
        )

    def _perform(self, job: _Job) -> None:
        if not job.done.set_running_or_notify_cancel():
            return
        try:
            if self._failure is not None:
                raise _told_again(self._failure)
            result = self._tried(job.work)
            self._untold += job.heads(result)
        except BaseException as error:  # noqa: BLE001 - it is raised where the work was asked for
            job.done.set_exception(error)
        else:
            self._store()  # tells where its records stand
            job.done.set_result(result)

    def _clean_up(self, item: _Scrub) -> None:
        if item.done.set_running_or_notify_cancel():
            with suppress(StateUnavailable, StateUnreadable):
                self._backend.scrub()
            item.done.set_result(None)

    def _tried(self, work: Callable[[Session], T]) -> T:
        """Do it, again and again while patience lasts and nobody hurries."""
        return self._patience.tried(
            lambda: self._backend.write(work),
            pause=self._hurry.wait,
            hurried=lambda: self._failure is not None or self._hurry.is_set(),
        )


def _told_again(failure: Failure) -> Failure:
    """A copy: an exception gathers a traceback wherever it is raised."""
    return type(failure)(*failure.args)


def _settle(done: Future[None], failure: Failure | None) -> None:
    if not done.set_running_or_notify_cancel():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(_told_again(failure))
