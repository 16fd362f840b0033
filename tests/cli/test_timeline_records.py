from __future__ import annotations

import io

from rich.console import Console

from stretto import records as r
from stretto.cli.timeline_records import print_records, tell


def test_each_record_is_a_line_and_beginnings_told_at_the_end_are_none(tale):
    """Each record is a line and beginnings told at the end are none."""
    tale.start()
    tale.plan(("t1", []))
    tale.worked("t1", tale.work("t1"))
    tale.model()
    tale.tool("look", {"words": "x"}, status="failed", error="no disk")
    tale.ask("i1", "t1")
    tale.answer()
    tale.start(question="", resumed=True)
    tale.end("failed", error="TypeError: no")
    said = [tell(record) for record in tale.records]
    assert said[0] == "run of team: Why?"
    assert said[2] == ""
    assert "worker done in 2.0 s" in said[3]
    assert "13 tokens" in said[5]
    assert said[7] == "look failed: no disk"
    assert said[8].startswith("asks a person: ")
    assert said[9] == "answered by ann: yes"
    assert said[10] == "run of team: goes on"
    assert said[11] == "run failed in 5.0 s TypeError: no"


def test_retries_handoffs_and_effects_have_lines(tale):
    """As the notes word them; a model's price beside its tokens."""
    tale.start()
    tale._add(r.Retried, step="tool", name="look", attempt=2, error="no")
    tale._add(r.Handoff, by="a", to="b")
    tale._add(r.Outcome, verdict="accepted")
    tale._add(r.ModelEnded, model="m", text="hi", input_tokens=10, cost=0.0123, seconds=1)
    said = [tell(record) for record in tale.records]
    assert said[1] == "look is tried again, attempt 2: no"
    assert said[2] == "a hands over to b"
    assert said[3] == "outcome: accepted"
    assert "10 tokens cost 0.0123" in said[4]


def test_forgotten_words_are_marked(tale):
    """What happened is told all the same."""
    tale.start()
    tale.records[0] = tale.records[0].model_copy(update={"question": "", "forgotten": True})
    out = io.StringIO()
    print_records(Console(file=out, width=100), tale.records)
    assert out.getvalue().rstrip().endswith("run of team:   (forgotten)")
