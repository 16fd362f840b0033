"""Runs as OpenTelemetry spans: what this process stored in the journal, as it is stored.

The writer of the journal only puts records into a queue; a thread of ours makes spans of them, and
OpenTelemetry's own thread sends them. Neither can stop or slow a run: a collector that is down
costs a warning, and the spans that found no room.

All runs of a turn are one trace, whichever process does them. A run that goes on lies within the
first run of the turn, and is linked to the run before it; so is the first run of a later turn.
"""

from __future__ import annotations

import importlib
import logging
import os
import queue
import threading
from typing import TYPE_CHECKING, Any

from stretto.errors import MissingExtra, StrettoError
from stretto.journal import is_alive
from stretto.observe.genai import attributes, error_type, note, span_id, span_name, trace_id
from stretto.observe.steps import Steps
from stretto.records import RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stretto.observe.steps import Step
    from stretto.records import AnyRecord

EXTRA = "observe"
MOST = 20_000
"""Records that wait to be made spans of; more are dropped, with a warning."""
CLOSING = 2.0
"""Seconds that closing waits for spans to be sent."""
_BILLION = 1_000_000_000

logger = logging.getLogger(__name__)


class Telemetry:
    """Makes spans of records and gives them to a span processor of OpenTelemetry.

    Call it with stored records, as a listener of a journal: it only queues them.

    Args:
        processor: Where spans go, such as a `BatchSpanProcessor`; closed by `close`.
        runs: Gives the records of the runs of a thread, for a turn that another process began.
        stop: Called when closing has to give up on sending.
    """

    def __init__(
        self,
        processor: Any,
        *,
        runs: Callable[[str], Sequence[AnyRecord]] = lambda _: (),
        stop: Callable[[], object] = lambda: None,
    ) -> None:
        self._trace = _sdk("opentelemetry.sdk.trace")
        self._api = _sdk("opentelemetry.trace")
        resources = _sdk("opentelemetry.sdk.resources")
        self._resource = resources.Resource.create(_service())
        scope = _sdk("opentelemetry.sdk.util.instrumentation")
        self._scope = scope.InstrumentationScope("stretto", _version())
        self._processor, self._runs, self._stop = processor, runs, stop
        self._steps = Steps()
        self._turns: dict[str, _Place] = {}
        self._last: dict[str, _Place] = {}
        self._queue: queue.Queue[Sequence[AnyRecord] | threading.Event | None] = queue.Queue(MOST)
        self._dropped = False
        self._thread = threading.Thread(target=self._work, name="stretto-otel", daemon=True)
        self._thread.start()

    def __call__(self, records: Sequence[AnyRecord]) -> None:
        """Queue records; never waits."""
        try:
            self._queue.put_nowait(records)
        except queue.Full:
            if not self._dropped:
                logger.warning("more is recorded than spans can be made of; some are left out")
            self._dropped = True

    def flush(self, seconds: float) -> bool:
        """Wait until spans of all that was queued are made and sent; whether that was in time."""
        made = threading.Event()
        try:
            self._queue.put(made, timeout=seconds)
        except queue.Full:
            return False
        return made.wait(seconds) and self._send(seconds)

    def close(self, seconds: float | None = None) -> None:
        """Send what there is, spans of what still goes on as well; `CLOSING` seconds at most."""
        most = CLOSING if seconds is None else seconds
        try:
            self._queue.put(None, timeout=most)
        except queue.Full:
            logger.warning("spans were left out: they could not be made in time")
        else:
            self._thread.join(most)
        if not self._send(most):
            self._stop()
        self._in_time(self._processor.shutdown, most)

    def _send(self, seconds: float) -> bool:
        return self._in_time(lambda: self._processor.force_flush(int(seconds * 1000)), seconds)

    def _in_time(self, work: Callable[[], object], seconds: float) -> bool:
        """Do something in a thread that is left alone when it takes too long."""
        thread = threading.Thread(target=work, name="stretto-otel-close", daemon=True)
        thread.start()
        thread.join(seconds)
        return not thread.is_alive()

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            if isinstance(item, threading.Event):
                item.set()
                continue
            for record in item:
                self._safely(record)
        for step in self._steps.leave():
            self._emit(step)

    def _safely(self, record: AnyRecord) -> None:
        try:
            self._take(record)
        except Exception:
            logger.exception("no span was made of a record")

    def _take(self, record: AnyRecord) -> None:
        if isinstance(record, RunStarted):
            self._place(record)
        for step in self._steps.add(record):
            self._emit(step)
        if isinstance(record, RunEnded):
            self._turns.pop(record.run, None)

    def _place(self, record: RunStarted) -> None:
        """Find the trace of a run: that of the turn which it begins or goes on with."""
        known = self._last.pop(record.thread, None)
        before = self._before(record) or known
        first = record if before is None or not record.resumed else before.first
        place = _Place(record, first, before.context if before is not None else None)
        self._turns[record.run] = self._last[record.thread] = place
        if len(self._last) > MOST:
            del self._last[next(iter(self._last))]

    def _before(self, record: RunStarted) -> _Place | None:
        """The run before this one on its thread, as the journal tells: any process may have it."""
        try:
            told = [r for r in self._runs(record.thread) if r.seq < record.seq]
        except StrettoError as error:
            logger.warning("a run may be in a trace of its own: %s", error)
            return None
        starts = [r for r in told if isinstance(r, RunStarted) and r.run != record.run]
        if not starts:
            return None
        last = starts[-1]
        place = _Place(last, next((r for r in reversed(starts) if not r.resumed), starts[0]))
        ended = {r.run for r in told if isinstance(r, RunEnded)}
        if last.run not in ended and last.run not in self._turns and not is_alive(last):
            self._bury(place)
        return place

    def _bury(self, place: _Place) -> None:
        """Send the span of a run that was killed: its process could not."""
        gone = Steps()
        gone.add(place.run)
        self._turns[place.run.run] = place
        for step in gone.leave("killed"):
            self._emit(step)
        del self._turns[place.run.run]

    def _emit(self, step: Step) -> None:
        record = step.start or step.end
        if record is None or (isinstance(step.start, RunStarted) and step.start.origin):
            return
        place = self._turns.get(record.run)
        if place is not None and place.run.origin:  # was imported: it happened elsewhere
            return
        self._processor.on_end(self._span(step, record, place))

    def _span(self, step: Step, record: AnyRecord, place: _Place | None) -> Any:
        api = self._api
        first = place.first if place is not None else None
        trace = trace_id(record.thread, first.run if first is not None else step.turn.id)
        begun = step.start.time if step.start is not None else step.time - (step.seconds or 0.0)
        failure = error_type(step)
        status = api.StatusCode.ERROR if failure else api.StatusCode.UNSET
        return self._trace.ReadableSpan(
            name=span_name(step),
            context=self._context(trace, span_id(record.run, record.span)),
            parent=self._parent(trace, record, first),
            resource=self._resource,
            attributes=attributes(step),
            events=[self._event(one) for one in step.notes],
            links=self._links(step, place),
            kind=api.SpanKind.CLIENT if step.kind == "model" else api.SpanKind.INTERNAL,
            status=api.Status(status),
            start_time=_nanoseconds(begun),
            end_time=_nanoseconds(max(begun, step.time)),
            instrumentation_scope=self._scope,
        )

    def _context(self, trace: int, span: int) -> Any:
        flags = self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
        return self._api.SpanContext(trace, span, is_remote=False, trace_flags=flags)

    def _parent(self, trace: int, record: AnyRecord, first: RunStarted | None) -> Any:
        if record.parent:
            return self._context(trace, span_id(record.run, record.parent))
        if first is not None and first.run != record.run:
            return self._context(trace, span_id(first.run, first.span))
        return None

    def _event(self, record: AnyRecord) -> Any:
        name, told = note(record)
        return self._trace.Event(name, told, _nanoseconds(record.time))

    def _links(self, step: Step, place: _Place | None) -> list[Any]:
        if step.kind != "run" or place is None or place.before is None:
            return []
        return [self._api.Link(self._context(*place.before), {"stretto.link": "the run before"})]


class _Place:
    """Where a run belongs: the first run of its turn, and the run before it on its thread."""

    def __init__(
        self, run: RunStarted, first: RunStarted, before: tuple[int, int] | None = None
    ) -> None:
        self.run, self.first, self.before = run, first, before

    @property
    def context(self) -> tuple[int, int]:
        """The ids of its trace and of its span."""
        return trace_id(self.run.thread, self.first.run), span_id(self.run.run, self.run.span)


def _nanoseconds(seconds: float) -> int:
    return max(0, int(seconds * _BILLION))


def _service() -> dict[str, str]:
    """The name of the service, unless OpenTelemetry's own settings give one."""
    named = os.environ.get("OTEL_SERVICE_NAME") or "service.name" in os.environ.get(
        "OTEL_RESOURCE_ATTRIBUTES", ""
    )
    return {} if named else {"service.name": "stretto"}


def _version() -> str:
    from importlib.metadata import version

    return version("stretto")


def _sdk(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtra("Sending spans to OpenTelemetry", EXTRA) from error


def telemetry(runs: Callable[[str], Sequence[AnyRecord]]) -> Telemetry:
    """Send spans over OTLP/HTTP, to where OpenTelemetry's own settings say.

    Args:
        runs: Gives the records of the runs of a thread; may block.

    Raises:
        MissingExtra: Without the extra `observe`.
    """
    otlp = _sdk("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    export = _sdk("opentelemetry.sdk.trace.export")
    once = _Once(otlp.OTLPSpanExporter(), export.SpanExportResult)
    return Telemetry(export.BatchSpanProcessor(once), runs=runs, stop=once.give_up)


_sending = threading.local()


class _Once:
    """Sends spans and tells once when that fails, in one line, and when it works again."""

    def __init__(self, exporter: Any, results: Any) -> None:
        self._exporter, self._results = exporter, results
        self._failing = self._closed = False
        for name in _NOISY:
            logging.getLogger(name).addFilter(_unheard)

    def export(self, spans: Sequence[Any]) -> Any:
        """Send spans; never raises."""
        _sending.ours = True
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 - whatever it is, no run may feel it
            result = self._results.FAILURE
            self._fail(str(error))
        else:
            if result is self._results.SUCCESS:
                self._failing = False
            else:
                self._fail("the collector did not take them")
        finally:
            _sending.ours = False
        return result

    def _fail(self, why: str) -> None:
        if not self._failing:
            logger.warning(
                "spans could not be sent (%s); runs go on, and are in the journal. "
                "Check OTEL_EXPORTER_OTLP_ENDPOINT.",
                why,
            )
        self._failing = True

    def give_up(self) -> None:
        """Stop sending what has not been taken in time."""
        self._fail("the collector did not take them in time")
        self.shutdown()

    def shutdown(self) -> None:
        """Send no more."""
        if not self._closed:
            self._closed = True
            self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is kept back here."""
        return bool(self._exporter.force_flush(timeout_millis))


_NOISY = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.common.http",
    "opentelemetry.exporter.http.transport",
    "urllib3.connectionpool",
)
"""Loggers that tell each try to reach a collector that is down."""


def _unheard(_: logging.LogRecord) -> bool:
    return not getattr(_sending, "ours", False)
