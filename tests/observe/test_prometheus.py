from __future__ import annotations

import sqlite3
import threading
import urllib.request

import pytest

from stretto import records as r
from stretto.errors import InvalidInput, MissingExtra
from stretto.journal import open_journal
from stretto.observe import prometheus
from stretto.observe.prometheus import MOST, JournalCollector, collector, serve
from tests.observe.tales import Work

parser = pytest.importorskip("prometheus_client.parser")


def scrape(endpoint) -> str:
    """What Prometheus would get."""
    url = f"http://127.0.0.1:{endpoint.port}/metrics"
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def values(text: str) -> dict:
    """Samples by name and labels, read by Prometheus' own parser."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in parser.text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def work() -> Work:
    """A run with a model call, a tool call and an answer."""
    told = Work()
    told.start("research")
    told.agent("planner", "2", cost=0.5)
    told.tool("search")
    told.outcome()
    told.end()
    return told


@pytest.fixture
def served():
    """Serves collectors until the test ends."""
    opened = []

    def start(metrics):
        opened.append(serve(metrics, port=0))
        return opened[-1]

    yield start
    for endpoint in opened:
        endpoint.close()


def test_a_scrape_gives_counters_histograms_and_gauges(work, served):
    """With names that Prometheus' parser takes, and no thread anywhere."""
    text = scrape(
        served(JournalCollector(lambda after: [x for x in work.records if x.seq > after]))
    )
    found = values(text)
    assert found["stretto_up",] == 1.0
    assert found["stretto_runs_total", ("status", "done"), ("team", "research")] == 1.0
    tokens = "stretto_model_tokens_total", ("direction", "input"), ("model", "offline")
    assert found[tokens] == 10.0
    assert found["stretto_model_money_total", ("model", "offline")] == 0.5
    bucket = "stretto_run_seconds_bucket", ("le", "5.0"), ("team", "research")
    assert found[bucket] == 1.0
    assert found["stretto_run_seconds_sum", ("team", "research")] == 5.0
    works = ("agent", "planner"), ("status", "done"), ("version", "2")
    assert found["stretto_version_works_total", *works] == 1.0
    assert found["stretto_answers_total", ("team", "research"), ("verdict", "accepted")] == 1.0
    assert "t-1" not in text
    assert "secret" not in text


def test_a_scrape_reads_only_what_is_new(work, served):
    """After the last position, and counts it on top."""
    asked = []

    def read(after):
        asked.append(after)
        return [x for x in work.records if x.seq > after]

    endpoint = served(JournalCollector(read))
    scrape(endpoint)
    last = work.records[-1].seq
    work.start("research", thread="t-2")
    work.end("failed")
    found = values(scrape(endpoint))
    assert asked == [0, last]
    assert found["stretto_runs_total", ("status", "failed"), ("team", "research")] == 1.0
    assert found["stretto_runs_total", ("status", "done"), ("team", "research")] == 1.0


def test_names_are_escaped_and_bounded(served):
    """Whatever a tool is called, and however many there are; long ones stay apart."""
    work = Work()
    work.start('a "quoted"\nteam\\')
    for number in range(MOST + 50):
        work.tool(f"tool {number}")
    work.end()
    work.start("x" * 500 + "1", thread="b")
    work.end()
    work.start("x" * 500 + "2", thread="c")
    work.end()
    text = scrape(
        served(JournalCollector(lambda after: [x for x in work.records if x.seq > after]))
    )
    found = values(text)
    assert found["stretto_runs_total", ("status", "done"), ("team", 'a "quoted"\nteam\\')] == 1.0
    tools = {dict(key[1:])["tool"] for key in found if key[0] == "stretto_tool_calls_total"}
    assert len(tools) == MOST + 1
    assert "(others)" in tools
    teams = {dict(key[1:])["team"] for key in found if key[0] == "stretto_runs_total"}
    assert len(teams) == 3
    assert max(map(len, teams)) <= prometheus.LONGEST


async def test_a_locked_store_is_told_and_the_last_values_stay(tmp_path, work, served):
    """The scrape is answered all the same, and goes on when the lock is gone."""
    path = tmp_path / "journal.sqlite"
    async with open_journal(path, wait=0.1) as writing:
        for record in work.records:
            writing.append(record)
        await writing.flush()
    async with open_journal(path, wait=0.1) as journal:
        endpoint = served(collector(journal, wait=1.0))
        assert values(scrape(endpoint))["stretto_up",] == 1.0
        backend = journal._backend
        backend._writing.close()
        backend._reading.execute("PRAGMA journal_mode=DELETE")  # a reader can be locked out now
        backend._reading.execute("PRAGMA busy_timeout=50")
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        locked = values(scrape(endpoint))
        assert locked["stretto_up",] == 0.0
        assert locked["stretto_runs_total", ("status", "done"), ("team", "research")] == 1.0
        holder.execute("COMMIT")
        holder.close()
        again = values(scrape(endpoint))
        assert again["stretto_up",] == 1.0
        assert again["stretto_runs_total", ("status", "done"), ("team", "research")] == 1.0


def test_a_store_that_hangs_does_not_hold_a_scrape(work, served):
    """Scrapes meanwhile wait for the one read, and no second is begun."""
    go, calls = threading.Event(), []

    def read(after):
        calls.append(after)
        if after:
            go.wait(30)
        return [x for x in work.records if x.seq > after]

    endpoint = served(JournalCollector(read, wait=0.05))
    while values(scrape(endpoint))["stretto_up",] != 1.0:
        pass
    hung = [values(scrape(endpoint)) for _ in range(3)]
    assert [found["stretto_up",] for found in hung] == [0.0] * 3
    assert hung[0]["stretto_runs_total", ("status", "done"), ("team", "research")] == 1.0
    assert len(calls) <= 3
    go.set()
    while values(scrape(endpoint))["stretto_up",] != 1.0:
        pass


def test_a_killed_run_is_counted_when_it_is_known_to_be_gone(served):
    """Its process id is of nobody."""
    work = Work()
    work.start("research", process=2**22 + 1, host=__import__("socket").gethostname())
    found = values(scrape(served(JournalCollector(lambda after: work.records[after:]))))
    assert found["stretto_runs_total", ("status", "killed"), ("team", "research")] == 1.0


def test_a_programs_own_registry_takes_it(work):
    """Registering reads nothing; several registries may."""
    client = pytest.importorskip("prometheus_client")
    read = []
    metrics = JournalCollector(lambda after: read.append(after) or work.records[after:])
    registry = client.CollectorRegistry()
    registry.register(metrics)
    assert read == []
    assert b"stretto_runs_total" in client.generate_latest(registry)


def test_a_taken_port_is_an_error_with_a_remedy(work, served):
    """Not a traceback."""
    endpoint = served(JournalCollector(lambda after: work.records[after:]))
    with pytest.raises(InvalidInput, match="another port"):
        serve(JournalCollector(lambda _: []), port=endpoint.port)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    """And only when it is asked for."""
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client.core", None)
    with pytest.raises(MissingExtra, match="observe"):
        JournalCollector(lambda _: [])


def test_breakers_budgets_waits_and_letters_have_gauges(served):
    """As they stand."""
    work = Work()
    work.start()
    work.add(r.BreakerChanged, breaker="m", state="open")
    work.add(r.Budgeted, budget="b", event="exceeded", unit="tokens", used=9, limit=8)
    work.add(r.Waited, on="rate", name="m", seconds=2.5)
    work.add(r.DeadLettered, letter="l", kind="undo", name="pay", attempts=3)
    work.end("interrupted")
    found = values(scrape(served(JournalCollector(lambda after: work.records[after:]))))
    assert found["stretto_breaker_open", ("breaker", "m")] == 1.0
    assert found["stretto_budget_limit", ("budget", "b"), ("unit", "tokens")] == 8.0
    assert found["stretto_wait_seconds_total", ("on", "rate")] == 2.5
    assert found["stretto_dead_letters",] == 1.0
    assert found["stretto_approvals_waiting",] == 1.0
