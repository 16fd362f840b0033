from __future__ import annotations

import pytest

from stretto import records as r
from stretto.cli.causes import account


def told(tale, status):
    """The labels and texts of an account."""
    found = account(tale.records, status)
    return found, {line.label: line.text for line in found.lines}


@pytest.fixture
def failed(tale):
    """A plan whose second task fails in its model; the third was cancelled."""
    tale.start(limits={"model_calls": 5})
    tale.plan(("t1", []), ("t2", []), ("t3", []))
    execute = tale.node("execute")
    spans = {
        task: tale.node("worker", task=task, parent=execute, place=f"execute:1|{task}:1")
        for task in ("t1", "t2", "t3")
    }
    tale.node_ended("worker", spans["t1"], task="t1")
    where = {"task": "t2", "agent": "worker", "parent": spans["t2"]}
    error = "APIError: Error code: 500"
    add = tale._add
    add(r.ModelStarted, model="gpt", messages=4, span="m", **where)
    add(r.ModelEnded, model="gpt", error="APIError: first", seconds=1, span="m", **where)
    add(r.Retried, step="model", name="gpt", attempt=2, error="APIError: first", task="t2")
    add(r.FellBack, step="model", name="gpt", to="mini", error=error, task="t2")
    add(r.Retried, step="model", name="other", attempt=2, error="no", task="t3")
    add(r.ModelStarted, model="mini", messages=4, span="n", **where)
    add(r.ModelEnded, model="mini", error=error, seconds=1, span="n", **where)
    tale.node_ended("worker", spans["t2"], "failed", task="t2", error=error)
    tale.node_ended("worker", spans["t3"], "cancelled", task="t3")
    tale.node_ended("execute", execute, "failed", error=error)
    tale.end("failed", error=error)
    return tale


def test_a_failure_is_followed_to_its_origin(failed):
    """What failed, who tried, what it was about, what else was stopped, what is stored."""
    found, lines = told(failed, "failed")
    assert found.head == "failed after 5.0 s"
    assert lines["error"] == "APIError: Error code: 500"
    assert lines["failed in"] == "execute > t2 > worker > mini: the model failed"
    assert lines["given"] == "4 messages"
    assert lines["tried"] == "gpt 2 times, then mini 1 time"
    assert lines["first"] == "gpt failed: APIError: first"
    assert lines["to do"] == "task t2 for worker: What is t2?"
    assert lines["beside it"] == "cancelled: t3"
    assert lines["stored"] == "done t1; left t2, t3"
    assert found.commands[0] == ("stretto resume thread-1", "go on, later, or with --model offline")


def test_other_tasks_retries_have_no_part_in_it(failed):
    """They are told when nothing failed."""
    lines = [line.text for line in account(failed.records, "failed").lines]
    assert not any("other" in line for line in lines)
    failed.records[-1] = failed.records[-1].model_copy(update={"status": "done", "error": ""})
    lines = [line.text for line in account(failed.records, "done").lines]
    assert "other 2 times" in lines


def test_a_limit_says_who_used_it(tale):
    """And how to raise it."""
    tale.start(limits={"model_calls": 2})
    work = tale.node("work")
    for _ in range(2):
        tale.model(agent="loop")
    error = "LimitReached: the run has used its 2 model calls; ... --max-model-calls"
    tale.node_ended("work", work, "failed", error=error)
    tale.end("failed", error=error)
    found, lines = told(tale, "failed")
    assert lines["used"] == "2 of 2 model calls; models called by loop 2"
    assert found.commands[0][0] == "stretto resume thread-1 --max-model-calls 4"


def test_handoffs_and_routers_led_there(tale):
    """In their order; of many the last."""
    tale.start()
    tale._add(r.Decided, by="router", decision="goto desk")
    for number in range(6):
        tale._add(r.Handoff, by=f"a{number}", to=f"a{number + 1}", reason="so")
    tale.node_ended("a6", tale.node("a6"), "failed", error="E: x")
    tale.end("failed", error="E: x")
    _, lines = told(tale, "failed")
    assert lines["led there"].startswith("3 steps before; a2 handed over to a3 (so); ")
    assert lines["led there"].endswith("a5 handed over to a6 (so)")


def test_a_person_who_refused_is_named(tale):
    """With the reason."""
    tale.start()
    tale.ask("i1", "t1")
    tale.end("interrupted")
    tale.start(question="", resumed=True)
    answer = {"decisions": [{"type": "reject", "message": "too dear"}]}
    tale._add(r.Answered, interrupt="i1", answer=answer, by="eva")
    tale._add(r.Outcome, verdict="rejected", rounds=1, reason="by a person")
    tale.end()
    found, lines = told(tale, "done")
    assert lines["came to"] == "rejected: by a person"
    assert lines["person"] == "eva refused: too dear"
    assert found.head == "is done, in 10 s, resumed 1 time"


def test_reviews_say_why_an_answer_does_not_count(tale):
    """The last of them."""
    tale.start()
    tale.plan(("t1", []))
    tale.review("revise", "t1", reason="no source")
    tale.conclude("not accepted")
    tale.end()
    _, lines = told(tale, "done")
    assert lines["came to"].startswith("not accepted")
    assert lines["reviewed"] == "reviewer: revise: no source"


def test_nothing_failed(tale):
    """It says so."""
    tale.start()
    tale.conclude()
    tale.end()
    found, lines = told(tale, "done")
    assert lines["nothing"] == "failed"
    assert found.commands == (("stretto show thread-1", "all that happened"),)


def test_a_tool_that_failed_on_the_way_is_told(tale):
    """Its model was told, and went on."""
    tale.start()
    tale.tool("look", {"words": "x"}, status="failed", error="no disk", node="tools")
    tale.end()
    _, lines = told(tale, "done")
    assert lines["on the way"] == 'tools: look "x" failed: no disk'
    assert "nothing" not in lines


@pytest.mark.parametrize(
    ("effect", "word"),
    [("ask", "a resume asks"), ("fail", "refuses"), ("idempotent", "does it again")],
)
def test_a_process_that_died_leaves_effects_in_doubt(tale, effect, word):
    """What a resume does with each depends on its declaration."""
    tale.start()
    tale.node("tools", agent="payer")
    known = {"time": 1005.0, "thread": "thread-1", "run": "run-1", "kind": "tool", "name": "pay"}
    tale.records += [
        r.EffectStarted(**known, effect=effect, key="k1", args={"to": "Ann"}),
        r.EffectStarted(**known, effect=effect, key="k2"),
        r.EffectEnded(**known, key="k2", status="settled"),
    ]
    found, lines = told(tale, "killed")
    assert lines["was at"] == "payer tools"
    assert lines["unknown"].startswith('pay "Ann" may have been done')
    assert word in lines["unknown"]
    assert [line.label for line in found.lines].count("unknown") == 1
    assert found.commands[0] == ("stretto resume thread-1", "what is done is not done again")


def test_what_waits_for_a_person(tale):
    """Where it is asked, and how to answer."""
    tale.start()
    tale.ask("i1", "t1")
    tale.end("interrupted")
    found, lines = told(tale, "interrupted")
    assert "task_result" in lines["asks"]
    assert found.commands[0][0] == "stretto resume thread-1 --approve"


def test_an_answered_question_does_not_wait(tale):
    """A breakpoint asks nobody."""
    tale.start()
    tale.ask("i1", "t1")
    tale.end("interrupted")
    tale.start(question="", resumed=True)
    tale.answer()
    tale.end("interrupted")
    _, lines = told(tale, "interrupted")
    assert "asks" not in lines
    assert "breakpoint" in lines["stands"]


def test_how_earlier_runs_of_the_turn_ended(tale):
    """A crash and a failure, then a run that is still going on."""
    tale.start()
    tale.start(question="", resumed=True, span="x")
    tale.records[-1] = tale.records[-1].model_copy(update={"run": "run-2"})
    tale.node("work")
    tale.records[-1] = tale.records[-1].model_copy(update={"run": "run-2"})
    found, lines = told(tale, "running")
    assert lines["before"] == "cut off: its process ended; then gone on"
    assert lines["is at"] == "work"
    assert found.commands[0] == ("stretto watch thread-1", "follow it")


def test_a_stopped_run_tells_what_was_left(tale):
    """And how to go on."""
    tale.start()
    tale.node_ended("a", tale.node("a"))
    tale.node_ended("b", tale.node("b", place="b:1"), "cancelled")
    tale.end("stopped")
    _, lines = told(tale, "stopped")
    assert lines["stored"] == "done a"
    assert lines["beside it"] == "cancelled: b"


def test_forgotten_words_are_missing_and_nothing_else(failed):
    """The chain of what happened stays."""
    for place, record in enumerate(failed.records):
        emptied = {name: type(record).model_fields[name].get_default(call_default_factory=True)
                   for name in r.said_fields(type(record))}  # fmt: skip
        failed.records[place] = record.model_copy(update={**emptied, "forgotten": True})
    found, lines = told(failed, "failed")
    assert lines["error"] == "forgotten"
    assert "mini" in lines["failed in"]
    assert lines["tried"] == "gpt 2 times, then mini 1 time"
    assert found.commands[0][0] == "stretto resume thread-1"


def test_a_question_about_an_effect_names_the_node_and_the_effect(tale):
    """Not the name of the ledger's task."""
    tale.start()
    node = "ask about order call_5fd0 fork 1"
    value = 'order "cup"'
    place = f"shop:1|{node}:2"
    tale._add(r.Interrupted, interrupt="i", node=node, place=place, value=value)
    tale.end("interrupted")
    _, lines = told(tale, "interrupted")
    assert lines["asks"].startswith('shop: whether order "cup" happened')


UNDONE = r.CompensationStarted


@pytest.mark.parametrize(
    ("after", "command"),
    [
        ([(UNDONE, {"scope": "", "why": "failed"})], "fork"),
        ([(UNDONE, {"scope": "a:1", "why": "cancelled"})], "fork"),
        (
            [
                (UNDONE, {"scope": "", "why": "failed"}),
                (r.Forked, {"origin": "o", "checkpoint": "c"}),
            ],
            "resume",
        ),
        ([(UNDONE, {"scope": "a:1", "why": "rejected", "output": "d"})], "resume"),
        (
            [
                (UNDONE, {"scope": "a:1", "why": "failed"}),
                (r.FellBack, {"step": "node", "name": "a", "to": "b", "place": "a:1"}),
            ],
            "resume",
        ),
    ],
)
def test_what_was_undone_is_gone_back_before(tale, after, command):
    """A resume would only say that it was undone."""
    tale.start()
    for kind, fields in after:
        tale._add(kind, **fields)
    tale.end("failed", error="ValueError: no")
    found, _ = told(tale, "failed")
    assert found.commands[0][0] == f"stretto {command} thread-1"
