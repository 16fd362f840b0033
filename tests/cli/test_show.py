from __future__ import annotations

import json


def test_the_last_turn_is_shown_as_it_went_by(stretto):
    """The last turn is shown as it went by."""
    stretto("run", "team", "Look again", "--thread", "t-1")
    said = stretto("show", "t-1").out
    for words in (
        "question Look again",
        "└─ ✓ t3 worker",
        "round 2",
        "again: look deeper",
        "t2 goes back",
        "── answer",
        "accepted after 2 rounds",
        "done",
    ):
        assert words in said


def test_all_shows_every_turn(stretto):
    """All shows every turn."""
    for question in ("first", "second"):
        stretto("run", "talk", question, "--thread", "t-2")
    assert "first" not in stretto("show", "t-2").out
    shown = stretto("show", "t-2", "--all").out
    assert shown.index("first") < shown.index("second")


def test_json_prints_the_records_a_line_each(stretto):
    """JSON prints the records a line each."""
    stretto("run", "talk", "x", "--thread", "t-3")
    kinds = [
        json.loads(line)["type"] for line in stretto("show", "last", "--json").out.splitlines()
    ]
    assert (kinds[0], kinds[-1]) == ("run_started", "run_ended")
    assert "model_ended" in kinds


def test_a_failed_and_a_waiting_thread_tell_what_to_do(stretto):
    """A failed and a waiting thread tell what to do."""
    stretto("run", "breaks", "x", "--thread", "t-4")
    said = stretto("show", "t-4").out
    assert "failed in second: TypeError: an int is no str" in said
    assert "stretto resume t-4" in said
    stretto("run", "asks", "pay", "--thread", "t-5")
    assert "stretto resume t-5 --approve" in stretto("show", "t-5").out


def test_an_unknown_thread_is_refused(stretto):
    """An unknown thread is refused."""
    said = stretto("show", "nope")
    assert (said.code, "no threads here yet" in said.err) == (2, True)
