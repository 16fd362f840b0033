from __future__ import annotations

import asyncio
import json
import sys

import pytest

WRITE = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"


@pytest.fixture
def rules(project):
    """Writes alerts.yaml: a rule on failed runs, which appends to a file."""
    out = project / "told.jsonl"

    def write(**more) -> list:
        rule = {"name": "fails", "metric": "error_rate", "above": 0.4, "window": "1h"}
        command = [sys.executable, "-c", WRITE, str(out)]
        text = json.dumps({"rules": [{**rule, "command": command, **more}]})
        (project / "alerts.yaml").write_text(text)
        return out

    return write


def test_without_rules_it_shows_how_to_write_one(stretto):
    """And ends as for other bad input."""
    said = stretto("alerts")
    assert said.code == 2
    assert "metric: error_rate" in said.err


def test_it_fires_once_and_resolves(stretto, rules, project):
    """Exit 1 while it fires; the command is called at the beginning and at the end."""
    out = rules()
    assert stretto("alerts").code == 0
    stretto("run", "breaks", "x", "--thread", "t-1")
    for _ in range(2):
        said = stretto("alerts")
        assert said.code == 1
        assert "fires" in said.out
        assert "1 of 1 runs failed" in said.out
    for number in range(2):
        stretto("run", "talk", "hello", "--thread", f"ok-{number}")
    told = stretto("alerts", "--json")
    assert (told.code, told.json["firing"]) == (0, [])
    events = [json.loads(line)["event"] for line in out.read_text().splitlines()]
    assert events == ["firing", "resolved"]


def test_a_webhook_that_is_down_is_told_and_kept(stretto, rules):
    """The next look tries again."""
    rules(webhook="http://127.0.0.1:9/")
    stretto("run", "breaks", "x")
    said = stretto("alerts")
    assert said.code == 1
    assert "not delivered yet: webhook of fails, tried 1 times" in said.out
    told = stretto("alerts", "--json").json
    assert told["undelivered"][0]["rule"] == "fails"


def test_what_is_given_up_is_a_dead_letter_in_the_journal(stretto, rules, monkeypatch):
    """Which metrics count, and alerts on dead letters do not."""
    from stretto.observe import alert_box

    monkeypatch.setattr(alert_box, "MOST_TRIES", 1)
    rules(webhook="http://127.0.0.1:9/")
    stretto("run", "breaks", "x")
    assert stretto("alerts", "--json").json["undelivered"] == []
    assert stretto("metrics", "--json").json["dead_letters"] == 1


def test_a_test_delivery(stretto, rules):
    """Of one rule, whether or not it holds; nothing is remembered of it."""
    out = rules()
    said = stretto("alerts", "--test", "fails")
    assert (said.code, "command: delivered" in said.out) == (0, True)
    assert json.loads(out.read_text())["event"] == "test"
    assert stretto("alerts", "--test", "failz").code == 2
    rules(command=["/no/such"])
    said = stretto("alerts", "--test", "fails", "--json")
    assert (said.code, "FileNotFoundError" in said.json["errors"]["command"]) == (1, True)


def test_a_fault_in_the_file_names_its_line(stretto, project):
    """As for agents."""
    (project / "alerts.yaml").write_text("rules:\n  - name: x\n    metric: speed\n")
    said = stretto("alerts")
    assert said.code == 2
    assert "alerts.yaml:3:" in said.err


def test_watching_tells_what_changes_and_outlives_a_locked_store(stretto, rules, monkeypatch):
    """It says once that it cannot look, and goes on."""
    from stretto.cli import alerts
    from stretto.errors import StateBusy

    rules()
    stretto("run", "breaks", "x")
    rounds = iter(range(5))
    real = alerts._look

    async def look(*given):
        if next(rounds) in {1, 2}:
            raise StateBusy("the journal is locked. Wait.")
        return await real(*given)

    async def sleep(_, *, pause=asyncio.sleep):
        if not list(rounds_left):
            raise KeyboardInterrupt
        rounds_left.pop()
        await pause(0)

    rounds_left = [1, 2, 3]
    monkeypatch.setattr(alerts, "_look", look)
    monkeypatch.setattr(alerts, "_pause", sleep)
    said = stretto("alerts", "--watch")
    assert said.code == 130
    assert said.out.count("[firing] fails") == 1
    assert said.err.count("cannot look") == 1
