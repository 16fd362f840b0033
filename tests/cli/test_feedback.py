from __future__ import annotations


def test_feedback_is_written_and_listed(stretto):
    """By whom, on what, in which words."""
    stretto("run", "team", "Go", "--thread", "f-1")
    assert "nobody has judged" in stretto("feedback", "f-1").out
    said = stretto("feedback", "f-1", "--good", "--on", "t2", "--comment", "nice", "--by", "ann")
    assert (said.code, said.out.strip()) == (0, "noted")
    stretto("feedback", "f-1", "--score", "0.5", "--correction", "Seven.", "--by", "bob")
    first, second = stretto("feedback", "f-1").out.splitlines()
    assert "good by ann on t2" in first
    assert first.endswith("nice")
    assert "0.5 by bob on the run (rather: Seven.)" in second
    assert len(stretto("feedback", "f-1", "--json").json["feedback"]) == 2


def test_json_tells_what_was_written(stretto):
    """The record, and whether LangSmith has it."""
    stretto("run", "talk", "hi", "--thread", "f-2")
    told = stretto("feedback", "f-2", "--bad", "--json").json
    assert (told["thumb"], told["langsmith"]) == ("down", {"sent": False, "problem": ""})


def test_what_makes_no_sense_is_refused(stretto):
    """Both thumbs, no judgement, no such step, no number."""
    stretto("run", "talk", "hi", "--thread", "f-3")
    assert stretto("feedback", "f-3", "--good", "--bad").code == 2
    assert stretto("feedback", "f-3", "--on", "talk").code == 2
    assert stretto("feedback", "f-3", "--good", "--on", "nobody").code == 2
    assert stretto("feedback", "f-3", "--score", "nan").code == 2
    assert "nobody has judged" in stretto("feedback", "f-3").out


def test_a_conversation_takes_it_too(stretto):
    """`/good` and `/bad` judge the last turn; before the first there is nothing to judge."""
    said = stretto("chat", "talk", "--thread", "f-4", stdin="/good\nhi\n/bad too short\n/help\n")
    assert "there is no turn yet to judge" in said.out
    assert "noted" in said.out
    assert "/good [WHY]" in said.out
    (one,) = stretto("feedback", "f-4", "--json").json["feedback"]
    assert (one["thumb"], one["comment"]) == ("down", "too short")
