"""`stretto compare`: two threads or runs side by side."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def both(stretto):
    """Two threads that pay different people."""
    stretto("run", "talk", "pay them", "--thread", "t-1")
    stretto("run", "talk", "hello", "--thread", "t-2")
    stretto("run", "talk", "hello", "--thread", "t-3")


def test_the_same_runs_have_no_difference(stretto, both):
    """Only totals are left to tell."""
    said = stretto("compare", "t-2", "t-3").out
    assert "3 of 3 steps are the same" in said
    assert "missing" not in said
    assert stretto("compare", "t-2", "t-3", "--json").json["same"] is True


@pytest.mark.parametrize("width", ["80", "120"])
def test_what_differs_is_marked(stretto, both, monkeypatch, width):
    """Steps, words for what differs, totals, and the first difference whole."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", width)
    said = re.sub(r"\x1b\[[0-9;]*m", "", stretto("compare", "t-1", "t-2").out)
    for words in ("request, output", "missing", "model calls", "first difference: turn", "+"):
        assert words in said
    assert all(len(line) <= int(width) for line in said.splitlines())


def test_a_run_is_found_by_its_id(stretto, both):
    """One run of a thread against another thread."""
    stretto("run", "talk", "hello", "--thread", "t-1")
    runs = [line["run"] for line in _records(stretto, "t-1") if line["type"] == "run_started"]
    told = stretto("compare", runs[1][:12], "t-2", "--json").json
    assert told["steps"][0]["differs"] == []
    assert told["a"]["name"] == runs[1]
    assert stretto("compare", "nothing", "t-2").code == 2


def test_json_tells_every_step_and_the_totals(stretto, both):
    """Aligned steps with what each side did."""
    told = stretto("compare", "t-1", "t-2", "--json").json
    assert told["same"] is False
    assert (told["a"]["tool_calls"], told["b"]["tool_calls"]) == (2, 0)
    assert {step["kind"] for step in told["steps"]} == {"turn", "model", "tool", "end"}


def _records(stretto, thread):
    import json

    said = stretto("show", thread, "--all", "--json").out
    return [json.loads(line) for line in said.splitlines()]
