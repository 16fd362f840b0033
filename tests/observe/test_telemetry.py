from __future__ import annotations

import asyncio
import http.server
import logging
import subprocess
import sys
import threading

import pytest

from stretto import records as r
from stretto.errors import MissingExtra, StateUnavailable
from stretto.observe import asked, listening, telemetry
from stretto.observe.genai import provider, trace_id
from stretto.observe.telemetry import Telemetry
from stretto.runs import open_storage
from tests.observe.tales import Work

pytest.importorskip("opentelemetry.sdk.trace")
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode


@pytest.fixture(autouse=True)
def _unset(monkeypatch):
    """No setting of the developer's own."""
    for name in ("STRETTO_OTEL", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def work() -> Work:
    """No records yet."""
    return Work()


def spans_of(records, *, runs=lambda _: (), close=True):
    """The spans of records, by name."""
    exporter = InMemorySpanExporter()
    listener = Telemetry(SimpleSpanProcessor(exporter), runs=runs)
    listener(records)
    assert listener.flush(30)
    found = list(exporter.get_finished_spans())
    if close:
        listener.close(30)
        found = list(exporter.get_finished_spans())
    return {span.name: span for span in found}


def test_a_turn_is_one_trace_in_the_words_of_the_conventions(work):
    """Workflow, agent, model and tool, each within what it happened in."""
    work.start("research")
    work.node("planner")
    work.node("model", agent="planner", version="2")
    work.model("gpt-5-mini", agent="planner", version="2", cost=0.5)
    work.tool("search", agent="planner", version="2")
    work.left("model", agent="planner", version="2")
    work.left("planner")
    work.end()
    found = spans_of(work.records)
    run, agent = found["invoke_workflow research"], found["invoke_agent planner"]
    chat, tool = found["chat gpt-5-mini"], found["execute_tool search"]
    assert len({span.context.trace_id for span in found.values()}) == 1
    assert run.context.trace_id == trace_id("t-1", "run-1")
    assert run.parent is None
    assert agent.parent.span_id == run.context.span_id
    assert chat.parent.span_id == tool.parent.span_id == found["model"].context.span_id
    told = dict(chat.attributes)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.provider.name"] == "openai"
    assert told["gen_ai.request.model"] == "gpt-5-mini"
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (10, 3)
    assert (told["gen_ai.agent.name"], told["gen_ai.agent.version"]) == ("planner", "2")
    assert (told["gen_ai.conversation.id"], told["stretto.cost"]) == ("t-1", 0.5)
    assert chat.kind is SpanKind.CLIENT
    assert tool.attributes["gen_ai.tool.name"] == "search"
    assert tool.attributes["gen_ai.tool.call.id"].startswith("call-")
    assert agent.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert run.attributes["gen_ai.workflow.name"] == "research"
    assert run.end_time - run.start_time == int(9e9)


def test_nothing_that_was_said_is_sent(work):
    """No question, argument, result, reason, answer, correction or error text."""
    work.start(question="secret question", context={"who": "secret context"})
    work.node("planner")
    work.model(text="secret text", agent="a")
    work.tool("look")
    span = work._above[-1]
    work.add(r.Decided, by="p", decision="plan", reason="secret", data={"s": "secret"}, span=span)
    work.add(r.Retried, step="model", name="m", attempt=2, error="secret error", span=span)
    work.left("planner", "failed", error="ValueError: secret error")
    work.end("failed", error="ValueError: secret error")
    found = spans_of(work.records)
    assert "secret" not in "".join(span.to_json() for span in found.values())
    planner = found["invoke_agent a"]
    assert [event.name for event in planner.events] == ["stretto.decided", "stretto.retried"]
    assert planner.events[1].attributes["stretto.attempt"] == 2
    assert planner.status.status_code is StatusCode.ERROR
    assert planner.attributes["error.type"] == "ValueError"


def test_a_resume_is_in_the_trace_and_linked_to_the_run_before(work):
    """Also in another process, which asks the journal; a later question is another trace."""
    first = work.start()
    work.end("interrupted")
    second = work.start(resumed=True)
    work.end()
    third = work.start()
    work.end()
    runs = [x for x in work.records if isinstance(x, r.RunStarted | r.RunEnded)]
    for start, records, read in ((0, work.records, ()), (2, work.records[2:], runs)):
        del start
        exporter = InMemorySpanExporter()
        listener = Telemetry(SimpleSpanProcessor(exporter), runs=lambda _, told=read: told)
        listener(records)
        listener.close(30)
        found = {s.attributes["stretto.run"]: s for s in exporter.get_finished_spans()}
        again, new = found[second], found[third]
        assert again.context.trace_id == trace_id("t-1", first)
        assert again.parent.span_id == telemetry.span_id(first, first)
        assert again.links[0].context.span_id == telemetry.span_id(first, first)
        assert new.context.trace_id == trace_id("t-1", third)
        assert new.parent is None
        assert new.links[0].context.span_id == again.context.span_id
        assert new.links[0].context.trace_id == again.context.trace_id


def test_an_interrupted_run_is_no_error(work):
    """It waits."""
    work.start()
    work.end("interrupted")
    run = spans_of(work.records)["invoke_workflow team"]
    assert run.status.status_code is StatusCode.UNSET
    assert run.attributes["stretto.status"] == "interrupted"


def test_a_killed_run_has_its_span_sent_by_who_goes_on(work):
    """Its own process could not; without it the trace would have no root."""
    killed = work.start(process=2**22 + 1, host=__import__("socket").gethostname())
    before = list(work.records)
    work.start(resumed=True)
    work.end()
    exporter = InMemorySpanExporter()
    listener = Telemetry(SimpleSpanProcessor(exporter), runs=lambda _: before)
    listener(work.records[1:])
    listener.close(30)
    found = {s.attributes["stretto.run"]: s for s in exporter.get_finished_spans()}
    assert found[killed].attributes["error.type"] == "killed"
    assert found[killed].context.trace_id == trace_id("t-1", killed)
    assert len(found) == 2


def test_what_is_open_when_a_run_ends_is_left(work):
    """A sibling failed; and what goes on when the process closes is told as such."""
    work.start()
    work.node("slow")
    work.end("failed", error="ValueError")
    work.start(thread="t-2")
    found = spans_of(work.records)
    assert found["slow"].attributes["stretto.status"] == "left"
    assert found["slow"].status.status_code is StatusCode.UNSET


def test_imported_runs_are_not_sent(work):
    """They happened elsewhere."""
    work.start(origin="messages.json")
    work.node("n")
    work.left("n")
    work.end()
    assert spans_of(work.records) == {}


def test_a_clock_that_goes_back_makes_no_negative_span(work):
    """Its end is its start then."""
    work.start()
    work.node("n")
    work.time -= 3600
    work.left("n", seconds=-3600.0)
    work.end(seconds=-3600.0)
    for span in spans_of(work.records).values():
        assert span.end_time >= span.start_time


def test_a_journal_that_cannot_be_read_costs_the_trace_alone(work, caplog):
    """Spans are made all the same."""

    def gone(_):
        raise StateUnavailable("gone. Wait.")

    work.start(resumed=True)
    work.end()
    assert "invoke_workflow team" in spans_of(work.records, runs=gone)
    assert "a trace of its own" in caplog.text


def test_models_are_whose_their_names_tell():
    """As far as they do."""
    assert provider("gpt-5") == provider("openai/gpt-5") == "openai"
    assert (provider("claude-x"), provider("mine")) == ("anthropic", "_OTHER")


@pytest.mark.parametrize(
    ("set_", "wanted"),
    [
        ({}, False),
        ({"STRETTO_OTEL": "1"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "STRETTO_OTEL": "0"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_it_is_off_unless_the_environment_asks(set_, wanted, monkeypatch):
    """By our setting, or by OpenTelemetry's."""
    for name, value in set_.items():
        monkeypatch.setenv(name, value)
    assert asked.is_wanted() is wanted


class Collector(http.server.BaseHTTPRequestHandler):
    """Takes what is sent over OTLP."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    """A real OTLP/HTTP endpoint."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    server.got = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_spans_go_over_the_wire_when_storage_is_opened(
    tmp_path, collector, work, monkeypatch
):
    """To a real endpoint; all are sent when storage closes."""
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    port = collector.server_port
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    async with open_storage(home=tmp_path) as storage:
        work.start("research")
        work.agent("planner")
        work.end()
        for record in work.records:
            storage.journal.append(record)
    sent = [ExportTraceServiceRequest.FromString(body) for _, body in collector.got]
    spans = [
        s for x in sent for res in x.resource_spans for sc in res.scope_spans for s in sc.spans
    ]
    assert {path for path, _ in collector.got} == {"/v1/traces"}
    names = {span.name for span in spans}
    assert names == {"invoke_workflow research", "invoke_agent planner", "model", "chat offline"}
    resource = sent[0].resource_spans[0].resource.attributes
    assert {a.key: a.value.string_value for a in resource}["service.name"] == "stretto"


async def test_a_dead_collector_costs_one_warning(tmp_path, work, monkeypatch, caplog):
    """No error, no wait of a run, and closing comes to an end."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(telemetry, "CLOSING", 0.2)
    async with open_storage(home=tmp_path) as storage:
        for number in range(3):
            work.start(thread=f"t-{number}")
            work.end()
        for record in work.records:
            storage.journal.append(record)
        await storage.journal.flush()
        assert len(await storage.journal.records()) == 6
    told = [x for x in caplog.records if x.levelno >= logging.WARNING]
    assert [x.name for x in told] == ["stretto.observe.telemetry"]


def test_a_full_queue_never_blocks_the_writer(work, monkeypatch, caplog):
    """What finds no room is dropped, with a warning."""
    monkeypatch.setattr(telemetry, "MOST", 1)
    go = threading.Event()

    class Stuck(SimpleSpanProcessor):
        def on_end(self, span):
            go.wait(30)

    listener = Telemetry(Stuck(InMemorySpanExporter()))
    work.start()
    work.end()
    for _ in range(50):
        listener(work.records)
    assert "left out" in caplog.text
    go.set()
    listener.close(30)


async def test_without_anyone_who_listens_nothing_is_attached(tmp_path, monkeypatch):
    """Then nothing costs anything."""
    monkeypatch.setattr(listening.logs, "is_wanted", lambda: False)
    async with open_storage(home=tmp_path) as storage:
        assert storage.journal.listeners == ()


def test_what_is_not_asked_for_is_not_loaded():
    """Off is off: not even imported."""
    code = (
        "import sys, stretto.observe.listening, stretto.observe.prometheus\n"
        "print([m for m in sys.modules if m.startswith(('opentelemetry', 'prometheus_client'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_without_the_extra_only_our_own_setting_is_an_error(tmp_path, monkeypatch, caplog):
    """An endpoint that the machine sets for all programs costs a warning."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    async with open_storage(home=tmp_path):
        assert "none are sent" in caplog.text
    monkeypatch.setenv("STRETTO_OTEL", "1")
    with pytest.raises(MissingExtra, match="observe"):
        async with open_storage(home=tmp_path):
            pass


async def test_records_of_other_processes_are_not_sent(tmp_path, work):
    """A listener hears what its own journal stored."""
    exporter = InMemorySpanExporter()
    async with open_storage(home=tmp_path) as mine, open_storage(home=tmp_path) as other:
        listener = Telemetry(SimpleSpanProcessor(exporter))
        mine.journal.listeners = (listener,)
        work.start()
        work.end()
        for record in work.records:
            other.journal.append(record)
        await other.journal.flush()
        await mine.journal.flush()
        await asyncio.to_thread(listener.close)
    assert exporter.get_finished_spans() == ()
