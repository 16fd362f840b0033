"""`stretto import`, and what can be done with an imported thread."""

from __future__ import annotations

import json

from tests.replay.talks import LONG, TALK


def test_imported_threads_are_shown_and_replayed(stretto, project):
    """Each conversation is a thread like any other."""
    (project / "talks.jsonl").write_text(f"{json.dumps(TALK)}\n{json.dumps(LONG)}\n")
    said = stretto("import", "talks.jsonl")
    assert said.code == 0, said.err
    assert "imported 2 conversations" in said.out
    assert "stretto replay talks-1" in said.out
    shown = stretto("show", "talks-2", "--all").out
    for words in ("weather?", "tomorrow?", "thanks"):
        assert words in shown
    assert "look done: sunny" in stretto("timeline", "talks-1", "--records").out
    replayed = stretto("replay", "talks-2")
    assert replayed.code == 0, replayed.out
    assert "does the same: 4 model calls, 3 tool calls" in replayed.out


def test_an_imported_thread_becomes_a_test(stretto, project):
    """The saved test needs no team."""
    (project / "talk.json").write_text(json.dumps(TALK))
    assert stretto("import", "talk.json", "--thread", "mine", "--json").json == {
        "threads": ["mine"]
    }
    assert stretto("replay", "mine", "--save", "tests/replay_mine").code == 0
    text = (project / "tests" / "test_replay_mine.py").read_text()
    assert "recorded_agent(conversation_of(load_recording(RUN)))" in text
    compile(text, "test_replay_mine.py", "exec")


def test_a_malformed_line_is_named_and_nothing_is_imported(stretto, project):
    """Exit code 2, file and line, what to do."""
    (project / "talks.jsonl").write_text(f'{json.dumps(TALK)}\n{{"messages": 5}}\n')
    said = stretto("import", "talks.jsonl")
    assert said.code == 2
    assert "talks.jsonl:2" in said.err
    assert "no threads yet" in stretto("threads").out


def test_names_and_times_that_no_thread_can_have_are_refused(stretto, project):
    """And JSON that is nested too deeply."""
    log = project / "log.jsonl"
    log.write_text('[{"role": "user", "content": "hi"}]')
    for name in ("last", " ", "a\x07b", "x" * 300):
        assert stretto("import", "log.jsonl", "--thread", name).code == 2
    for moment in ("1e30", "NaN", "-5", "true"):
        log.write_text(f'[{{"role": "user", "content": "hi", "timestamp": {moment}}}]')
        said = stretto("import", "log.jsonl")
        assert (said.code, "log.jsonl:1" in said.err) == (2, True), moment
    log.write_text("[" * 100_000)
    assert stretto("import", "log.jsonl").code == 2
