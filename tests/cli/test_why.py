from __future__ import annotations

from rich.console import Console


def test_a_failure_on_one_screen(stretto, monkeypatch):
    """What was seen, where it began, what is stored, how to go on: in 80 columns and 24 lines."""
    stretto("run", "breaks", "x", "--thread", "t-1")
    monkeypatch.setenv("COLUMNS", "80")
    said = stretto("why", "t-1").out
    assert "breaks failed after" in said
    assert "error     TypeError: an int is no str" in said
    assert "failed in second: the node failed" in said
    assert "stored    done first" in said
    assert "stretto resume t-1" in said
    assert len(said.splitlines()) <= 24
    assert Console(width=80).measure(said).maximum <= 80


def test_a_thread_that_waits_and_one_that_is_done(stretto):
    """Each says how it stands."""
    stretto("run", "asks", "pay", "--thread", "t-2")
    said = stretto("why", "t-2").out
    assert "waits for a person" in said
    assert "stretto resume t-2 --approve" in said
    stretto("run", "team", "x", "--thread", "t-3")
    said = stretto("why", "t-3").out
    assert "came to accepted: all is proven" in said
    assert "nothing failed" in said


def test_json_is_one_object(stretto):
    """With the same lines."""
    stretto("run", "breaks", "x", "--thread", "t-4")
    said = stretto("why", "t-4", "--json").json
    assert (said["thread"], said["status"]) == ("t-4", "failed")
    assert [line["label"] for line in said["lines"]] == ["error", "failed in", "stored"]


def test_an_unknown_thread_is_refused(stretto):
    """As by the other commands that look."""
    assert stretto("why", "nope").code == 2
