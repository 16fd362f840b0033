from __future__ import annotations


def test_threads_tell_team_status_question_and_runs(stretto):
    """Threads tell team status question and runs."""
    assert "no threads yet" in stretto("threads").out
    stretto("run", "talk", "first", "--thread", "t-1")
    stretto("run", "asks", "pay", "--thread", "t-2")
    lines = stretto("threads").out.splitlines()
    assert lines[1].split()[:2] == ["t-2", "asks"]
    assert "waits for you" in lines[1]
    assert lines[2].split() == ["t-1", "talk", "done", "just", "now", "1", "first"]
    assert "and 1 more: --count 2" in stretto("threads", "-n", "1").out


def test_json_is_a_list_of_them(stretto):
    """JSON is a list of them."""
    stretto("run", "talk", "first", "--thread", "t-1")
    (told,) = stretto("threads", "--json").json
    assert (told["thread"], told["team"], told["status"]) == ("t-1", "talk", "done")


def test_a_narrow_screen_keeps_ids_whole(stretto, monkeypatch):
    """A narrow screen keeps ids whole."""
    stretto("run", "talk", "a long question", "--thread", "a-thread-with-a-long-name-of-its-own")
    monkeypatch.setenv("COLUMNS", "40")
    assert "a-thread-with-a-long-name-of-its-own" in stretto("threads").out
