from __future__ import annotations


def test_quotations_are_followed_to_tool_results(stretto):
    """Which are verified and which not; what lay in front of nobody is only possible."""
    stretto("run", "team", "Go", "--thread", "l-1")
    said = stretto("lineage", "l-1").out
    assert "accepted: put together from the results of the tasks" in said
    assert "0 of 1 quotation verified" in said
    assert "not found in any tool result" in said
    assert 'look "What is one?' in said
    assert "possible" in said


def test_what_was_in_front_of_the_model_is_told(stretto):
    """Of a graph that knows no citations, by the ids of its calls."""
    stretto("run", "talk", "pay", "--thread", "l-2")
    said = stretto("lineage", "l-2").out
    assert 'pay "Ann amount=5" for talk  in front of the model' in said
    (answer,) = stretto("lineage", "l-2", "--json").json["answers"]
    assert [source["proof"] for source in answer["sources"]] == ["in front", "in front"]


def test_a_turn_can_be_chosen(stretto):
    """From 1; `--all` tells each."""
    for question in ("first", "second"):
        stretto("run", "talk", question, "--thread", "l-3")
    assert "You said: second" in stretto("lineage", "l-3").out
    assert "You said: first" in stretto("lineage", "l-3", "--turn", "1").out
    assert len(stretto("lineage", "l-3", "--all", "--json").json["answers"]) == 2
    assert stretto("lineage", "l-3", "--turn", "3").code == 2


def test_a_run_without_an_answer_says_so(stretto):
    """It failed before."""
    stretto("run", "breaks", "x", "--thread", "l-4")
    assert "there is no answer" in stretto("lineage", "l-4").out


def test_a_forgotten_thread_says_so(stretto):
    """What was said is gone."""
    stretto("run", "talk", "pay", "--thread", "l-5")
    stretto("forget", "l-5", "--yes")
    assert "forgotten" in stretto("lineage", "l-5").out
