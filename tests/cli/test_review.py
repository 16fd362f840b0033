from __future__ import annotations

from stretto.cli.progress import fold
from stretto.cli.review import draw_review


def test_rules_outcomes_verdict_and_reason_are_printed(tale, drawn):
    """Rules outcomes verdict and reason are printed."""
    tale.start()
    tale.plan(("t1", []), ("t2", []))
    tale.review("revise", "t2", reason="t2 is thin")
    said = drawn(draw_review(fold(tale.records).view.round, explain=True))
    assert said.splitlines() == [
        "review of round 1 of 3",
        "  answered  each task has an answer",
        "  quoted    words stand there",
        "      answered  quoted",
        "  t1  pass      -",
        "  t2  -         FAIL    quoted: no quote",
        "  reviewer sends work back: t2 is thin",
        "  ↺ t2 goes back: mend t2",
    ]


def test_a_round_without_a_review_prints_nothing(tale, drawn):
    """A round without a review prints nothing."""
    tale.start()
    tale.plan(("t1", []))
    assert drawn(draw_review(fold(tale.records).view.round, explain=True)) == ""


def test_a_review_after_which_nothing_is_done_says_so(tale, drawn):
    """A review after which nothing is done says so."""
    tale.start()
    tale.plan(("t1", []))
    tale.review("revise", "t1", goes_on=False)
    said = drawn(draw_review(fold(tale.records).view.round, explain=False))
    assert "does not accept" in said
    assert "changed nothing" in said
    assert "goes back" not in said
