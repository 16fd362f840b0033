from __future__ import annotations

import json

import pytest

from stretto.cli.faults import RunFailed, exit_code, report, text
from stretto.errors import LimitReached, RunStopped, ThreadBusy, WorkUndone


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.delenv("STRETTO_DEBUG", raising=False)


def test_an_error_of_ours_is_its_text_and_its_code(capsys):
    """An error of ours is its text and its code."""
    assert report(ThreadBusy("busy. Wait."), as_json=False) == 4
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "error: busy. Wait.\n")


def test_what_a_node_raised_names_node_thread_and_how_to_go_on():
    """What a node raised names node thread and how to go on."""
    said = text(RunFailed(TypeError("no str"), thread="t1", node="second"))
    assert said.startswith("the run failed in node second: TypeError: no str\n")
    assert "stretto resume t1" in said
    assert "--debug" in said


def test_what_was_undone_is_not_said_to_go_on():
    """What was undone is not said to go on: the thread has to go back."""
    error = ValueError("no room")
    error.add_note("compensation: undone: hotel, flight")
    said = text(RunFailed(error, thread="t1", node="pay"))
    assert "stretto fork t1" in said
    assert "stretto resume" not in said
    assert said.endswith("compensation: undone: hotel, flight")


def test_work_that_was_undone_before_does_not_go_on_either():
    """Its own text says what helps."""
    error = WorkUndone("it was undone. Go back with `stretto fork`.")
    assert text(RunFailed(error, thread="t1", node="n")) == str(error)


def test_an_error_of_a_run_tells_how_to_go_on_when_its_text_does_not():
    """An error of a run tells how to go on when its text does not."""
    assert "stretto resume t1" in text(RunFailed(LimitReached("used up."), thread="t1", node="n"))
    assert text(RunFailed(LimitReached("used up."), thread="t1")) == "used up."


def test_json_has_error_kind_and_thread(capsys):
    """JSON has error kind and thread."""
    assert report(RunFailed(RunStopped("stopped"), thread="t1"), as_json=True) == 130
    told = json.loads(capsys.readouterr().out)
    assert told == {"error": "stopped", "kind": "RunStopped", "thread": "t1"}


def test_an_unforeseen_error_is_one_message_without_a_traceback(capsys):
    """An unforeseen error is one message without a traceback."""
    assert report(KeyError("x"), as_json=False) == 1
    said = capsys.readouterr().err
    assert "KeyError: 'x'" in said
    assert "Traceback" not in said


def test_debug_prints_the_traceback(capsys, monkeypatch):
    """Debug prints the traceback."""
    monkeypatch.setenv("STRETTO_DEBUG", "1")
    report(KeyError("x"), as_json=False)
    assert "KeyError" in capsys.readouterr().err.partition("error:")[0]


def test_codes_are_those_of_the_error_within():
    """Codes are those of the error within."""
    assert exit_code(RunFailed(LimitReached(""), thread="t")) == 6
    assert exit_code(RunFailed(ValueError(""), thread="t")) == 1


def test_the_thread_is_named_in_place_of_a_word():
    """The thread is named in place of a word."""
    fault = RunFailed(LimitReached("used up; `stretto resume THREAD`."), thread="t1", node="n")
    assert text(fault) == "used up; `stretto resume t1`."
