"""Judging by the rules."""

from stretto.models.offline.review import judged


def test_one_failure_sends_its_task_back():
    """With the reason that the rule gave."""
    judgement = judged(
        {"checks": "pass t1 answered\nFAIL t2 quoted: not at that line\npass t2 cited:"}
    )
    assert judgement is not None
    assert not judgement.accepted
    assert judgement.revise == {"t2": "not at that line"}
    assert "t2" in judgement.reason


def test_all_passed_is_accepted():
    """And says how many."""
    judgement = judged({"checks": "pass t1 answered: \npass t1 cited"})
    assert judgement is not None
    assert judgement.accepted
    assert judgement.reason == "All 2 checks passed."


def test_several_failures_of_a_task_are_told_together():
    """Each reason once."""
    judgement = judged({"checks": "FAIL t1 a: x\nFAIL t1 b: y\nFAIL t1 c: x\nFAIL t1 d"})
    assert judgement is not None
    assert judgement.revise == {"t1": "x; y; d failed"}


def test_without_checks_a_result_that_was_not_found_goes_back():
    """Others are accepted."""
    results = '<result task="t1" round="1">\ngoal: g\nnot found\n</result><result task="t2">it is so</result>'
    judgement = judged({"results": results})
    assert judgement is not None
    assert set(judgement.revise) == {"t1"}


def test_nothing_to_review_is_no_judgement():
    """A brief without checks and results."""
    assert judged({"earlier": "x"}) is None
