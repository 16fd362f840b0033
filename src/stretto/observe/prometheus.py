"""Metrics as Prometheus scrapes them: over HTTP, or in a program's own registry.

A label is the name of a team, agent, model, ..., never a thread or anything that was said, and
there are at most `MOST` of a kind. A scrape reads what the journal got since the last one. Where
the journal cannot be read, or not in time, the last values are given and `stretto_up` is 0.
"""

from __future__ import annotations

import importlib
import logging
import threading
from hashlib import sha256
from itertools import chain
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, MissingExtra, StrettoError
from stretto.journal import is_alive
from stretto.observe.metrics import TYPES, Metrics
from stretto.observe.spread import BOUNDS, Buckets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from stretto.journal import Journal
    from stretto.observe.tally import By, Row

MOST = 200
"""Names of a kind that get a label of their own; the others share `(others)`."""
WAIT_SECONDS = 2.0
"""How long a scrape waits for the journal."""
LONGEST = 120
"""Characters of a label."""
EXTRA = "observe"

logger = logging.getLogger(__name__)


class JournalCollector:
    """A collector of `prometheus_client` over a journal; any number of scrapes at once.

    Args:
        read: Gives the records with a higher position than it is given, of the types `TYPES`. It
            may block; it is called in a thread of the collector's own, once at a time.
        wait: Seconds that a scrape waits for it.
    """

    def __init__(self, read: Callable[[int], Iterable[Any]], *, wait: float = WAIT_SECONDS) -> None:
        self._core = _client("core")
        self._read, self._wait = read, wait
        self._metrics = Metrics(exact=False, most=MOST)
        self._telling = threading.Lock()
        self._starting = threading.Lock()
        self._round: threading.Event | None = None
        self._up = False
        self._families: list[Any] = []

    def describe(self) -> list[Any]:
        """Nothing: a registry need not read the journal to take the collector in."""
        return []

    def collect(self) -> Iterator[Any]:
        """The metrics as they stand; the last ones when the journal does not answer in time."""
        done = self._refresh().wait(self._wait)
        with self._telling:
            up, families = done and self._up, self._families
        about = "Whether the journal could be read for this scrape."
        yield self._core.GaugeMetricFamily("stretto_up", about, value=float(up))
        yield from families

    def _refresh(self) -> threading.Event:
        """Begin to read what is new, unless that goes on already; set when it is done."""
        with self._starting:
            if self._round is None or self._round.is_set():
                self._round = threading.Event()
                name = "stretto-metrics"
                threading.Thread(
                    target=self._go, args=(self._round,), name=name, daemon=True
                ).start()
            return self._round

    def _go(self, done: threading.Event) -> None:
        try:
            records = self._read(self._metrics.seq)
            self._metrics.add(records)
            self._metrics.bury(is_alive)
            families = list(_families(self._core, self._metrics))
            with self._telling:
                self._families, self._up = families, True
        except Exception as error:  # noqa: BLE001 - whatever it is, the scrape is answered
            if self._up or not isinstance(error, StrettoError):
                logger.warning("the journal cannot be read for metrics: %s", error)
            with self._telling:
                self._up = False
        finally:
            done.set()


def collector(journal: Journal, *, wait: float = WAIT_SECONDS) -> JournalCollector:
    """Make a collector over an open journal, for one's own registry.

    `prometheus_client.REGISTRY.register(collector(storage.journal))` adds Stretto's metrics to
    those of a program that is scraped already.

    Args:
        journal: An open journal.
        wait: Seconds that a scrape waits for it before it gives the last values.

    Raises:
        MissingExtra: Without the extra `observe`.
    """

    def read(after: int) -> Iterable[Any]:
        return chain.from_iterable(journal.pages_now(types=TYPES, after=after))

    return JournalCollector(read, wait=wait)


class Endpoint:
    """An HTTP server that gives metrics to Prometheus, at `/metrics`."""

    def __init__(self, server: Any, thread: threading.Thread) -> None:
        self._server, self._thread = server, thread

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve(metrics: JournalCollector, *, port: int, host: str = "127.0.0.1") -> Endpoint:
    """Serve metrics over HTTP, in a thread of its own; port 0 takes a free one.

    Raises:
        InvalidInput: The address cannot be listened on.
        MissingExtra: Without the extra `observe`.
    """
    registry = _client("registry").CollectorRegistry()
    registry.register(metrics)
    try:
        server, thread = _client("exposition").start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        raise InvalidInput(
            f"cannot listen on {host}:{port}: {error}. Give --serve another port, or 0 for any."
        ) from error
    return Endpoint(server, thread)


def _client(part: str) -> ModuleType:
    try:
        return importlib.import_module(f"prometheus_client.{part}")
    except ImportError as error:
        raise MissingExtra("A Prometheus endpoint", EXTRA) from error


def _families(core: Any, metrics: Metrics) -> Iterator[Any]:
    """All metrics, as `prometheus_client` takes them."""
    for by, name, seconds, about in _STEPS:
        yield from _steps(core, metrics, by, name=name, seconds=seconds, about=about)
    yield from _versions(core, metrics)
    yield from _spent(core, metrics, "model")
    yield from _spent(core, metrics, "team")
    yield from _spent(core, metrics, "agent")
    yield from _trouble(core, metrics)
    yield from _quality(core, metrics)
    yield from _beside(core, metrics)


_STEPS: tuple[tuple[By, str, str, str], ...] = (
    ("team", "runs", "run_seconds", "Runs of teams"),
    ("agent", "agent_works", "agent_seconds", "Works of agents"),
    ("model", "model_calls", "model_call_seconds", "Model calls"),
    ("tool", "tool_calls", "tool_call_seconds", "Tool calls"),
    ("node", "nodes", "node_seconds", "Nodes without an agent"),
)


def _label(name: str) -> str:
    """A name as a label; what a long one ends with is its digest, so that no two are the same."""
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9]}~{sha256(name.encode()).hexdigest()[:8]}"


def _family(core: Any, kind: str, name: str, about: str, *labels: str) -> Any:
    return getattr(core, f"{kind}MetricFamily")(f"stretto_{name}", about, labels=labels)


def _statuses(row: Row) -> Iterator[tuple[str, int]]:
    yield "done", row.done
    yield "failed", row.failed - row.killed
    if row.killed:
        yield "killed", row.killed
    yield from row.other.items()


def _steps(
    core: Any, metrics: Metrics, by: By, *, name: str, seconds: str, about: str
) -> Iterator[Any]:
    counts = _family(core, "Counter", name, f"{about}, by how they ended.", by, "status")
    times = _family(core, "Histogram", seconds, f"{about}: how long they took, in seconds.", by)
    for row in metrics.by(by):
        label = _label(row.name)
        for status, count in _statuses(row):
            counts.add_metric([label, status], count)
        latency = row.latency
        if isinstance(latency, Buckets) and latency.count:
            times.add_metric([label], _cumulated(latency), latency.total)
    yield from (counts, times)


def _cumulated(latency: Buckets) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    count = 0
    for bound, held in zip((*map(str, BOUNDS), "+Inf"), latency.counts, strict=True):
        count += held
        found.append((bound, count))
    return found


def _versions(core: Any, metrics: Metrics) -> Iterator[Any]:
    about = "Works of agents by version, by how they ended."
    counts = _family(core, "Counter", "version_works", about, "agent", "version", "status")
    for row in metrics.by("version"):
        agent, _, version = row.name.rpartition(" ")
        for status, count in _statuses(row):
            counts.add_metric([_label(agent), _label(version), status], count)
    yield counts


def _spent(core: Any, metrics: Metrics, by: By) -> Iterator[Any]:
    tokens = _family(core, "Counter", f"{by}_tokens", f"Tokens by {by}.", by, "direction")
    money = _family(
        core, "Counter", f"{by}_money", f"Money by {by}, in the currency of the prices.", by
    )
    without = _family(
        core, "Counter", f"{by}_calls_without_price", "Model calls that had no price.", by
    )
    for row in metrics.by(by):
        label, spent = _label(row.name), row.spent
        tokens.add_metric([label, "input"], spent.input_tokens)
        tokens.add_metric([label, "output"], spent.output_tokens)
        if spent.cost is not None:
            money.add_metric([label], spent.cost)
        without.add_metric([label], spent.unpriced)
    yield from (tokens, money, without)


def _trouble(core: Any, metrics: Metrics) -> Iterator[Any]:
    running = _family(core, "Gauge", "runs_running", "Runs that go on.", "team")
    for team, count in metrics.running().items():
        running.add_metric([_label(team)], count)
    retries = _family(core, "Counter", "retries", "What was tried again.", "team")
    fallbacks = _family(core, "Counter", "fallbacks", "What another one took over.", "team")
    for row in metrics.by("team"):
        retries.add_metric([_label(row.name)], row.retries)
        fallbacks.add_metric([_label(row.name)], row.fallbacks)
    yield from (running, retries, fallbacks)


def _quality(core: Any, metrics: Metrics) -> Iterator[Any]:
    answers = _family(core, "Counter", "answers", "Answers, by verdict.", "team", "verdict")
    first = _family(
        core, "Counter", "answers_first_time", "Answers accepted in the first round.", "team"
    )
    rounds = _family(core, "Counter", "answer_rounds", "Rounds of all answers.", "team")
    edits = _family(core, "Counter", "human_edits", "What people changed in answers.", "team")
    thumbs = _family(core, "Counter", "feedback", "Thumbs on runs.", "team", "thumb")
    for row in metrics.by("team"):
        label, said = _label(row.name), row.quality
        answers.add_metric([label, "accepted"], said.accepted)
        answers.add_metric([label, "not accepted"], said.answers - said.accepted)
        first.add_metric([label], said.at_once)
        rounds.add_metric([label], said.rounds)
        edits.add_metric([label], said.edits)
        thumbs.add_metric([label, "up"], said.up)
        thumbs.add_metric([label, "down"], said.down)
    yield from (answers, first, rounds, edits, thumbs)


def _beside(core: Any, metrics: Metrics) -> Iterator[Any]:
    beside = metrics.beside
    is_open = _family(core, "Gauge", "breaker_open", "Whether a breaker is open.", "breaker")
    for name, state in list(beside.breakers.items())[:MOST]:
        is_open.add_metric([_label(name)], float(state == "open"))
    changes = _family(
        core, "Counter", "breaker_changes", "How often it came to a state.", "breaker", "state"
    )
    for (name, state), count in list(beside.changes.items())[: 3 * MOST]:
        changes.add_metric([_label(name), state], count)
    used = _family(core, "Gauge", "budget_used", "What was last told of it.", "budget", "unit")
    limit = _family(core, "Gauge", "budget_limit", "What it allows.", "budget", "unit")
    over = _family(
        core, "Counter", "budget_exceeded", "How often it stood in the way.", "budget", "unit"
    )
    for (path, unit), use in list(beside.budgets.items())[:MOST]:
        labels = [_label(path), unit]
        used.add_metric(labels, use.used)
        over.add_metric(labels, use.exceeded)
        if use.limit is not None:
            limit.add_metric(labels, use.limit)
    waits = _family(core, "Counter", "waits", "Waits before work.", "on")
    waited = _family(core, "Counter", "wait_seconds", "Seconds waited before work.", "on")
    for on, (count, seconds) in beside.waits.items():
        waits.add_metric([on], count)
        waited.add_metric([on], seconds)
    undone = _family(core, "Counter", "undone", "Steps undone after a failure.", "status")
    undone.add_metric(["done"], beside.undone)
    undone.add_metric(["failed"], beside.not_undone)
    yield from (is_open, changes, used, limit, over, waits, waited, undone)
    gauge = core.GaugeMetricFamily
    yield gauge("stretto_dead_letters", "Dead letters that are open.", len(beside.letters))
    yield gauge(
        "stretto_approvals_waiting", "Threads that wait for a person.", len(metrics.waiting)
    )
    yield gauge("stretto_journal_seq", "Position of the last record read.", metrics.seq)
