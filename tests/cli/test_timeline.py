from __future__ import annotations

from stretto.cli.timeline import tell


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
