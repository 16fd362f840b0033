"""Records become spans of time, whatever is missing or wrong in them."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stretto import records as r
from stretto.errors import InvalidInput
from stretto.journal.queries import birth, host
from stretto.observe.timeline import covered, json_of, narrowed, timelines
from tests.counting import counted_lines

NOW = 1_000.0


def one(log):
    """The only turn of a log."""
    (line,) = timelines(log.records, now=lambda: NOW)
    return line


def named(line, name):
    """The last span of a name."""
    return [s for s in line.spans if s.name == name][-1]


def test_a_run_is_a_tree_of_spans(log):
    """Nodes, models and tools with who did them, tokens and money; the path adds up."""
    log.start(0, model="offline")
    outer = log.node("agent", 1, None)
    log.model(
        2, 4, parent=outer, agent="ann", version="3", input_tokens=10, output_tokens=2, cost=0.5
    )
    log.add(r.ToolStarted, 5, tool="look", args={"q": "x"}, span="tool", parent=outer, task="t1")
    log.add(
        r.ToolEnded,
        8,
        tool="look",
        status="failed",
        error="no",
        span="tool",
        parent=outer,
        seconds=3,
    )
    log.add(r.NodeEnded, 9, node="agent", status="done", seconds=8, span=outer, parent="run-1")
    log.end(10, cpu=1.5, memory=1 << 20)
    line = one(log)
    assert [s.kind for s in line.spans] == ["turn", "run", "node", "model", "tool"]
    model, tool, run = named(line, "m"), named(line, "look"), line.runs[0]
    assert (model.agent, model.version, model.tokens, model.cost) == ("ann", "3", 12, 0.5)
    assert (tool.status, tool.error, tool.said, tool.task) == ("failed", "no", "x", "t1")
    assert (run.cpu, run.memory, run.status) == (1.5, 1 << 20, "done")
    assert (line.seconds, line.working, line.waiting, line.money()) == (10, 10, 0, 0.5)
    assert sum(s.on_path for s in line.spans) == 10


def test_a_person_is_waited_for_between_runs(log):
    """From the interrupt to the resume; who answered is told; nothing works meanwhile."""
    log.start(0)
    log.node("ask", 0, 2, status="interrupted")
    log.add(r.Interrupted, 2, interrupt="i", node="ask")
    log.end(2, "interrupted")
    log.start(12, "run-2", resumed=True, question="")
    log.add(r.Answered, 12, interrupt="i", by="ann")
    log.node("ask", 12, 13)
    log.end(13)
    line = one(log)
    (gap,) = [s for s in line.spans if s.kind == "gap"]
    assert (gap.waits[0].on, gap.waits[0].name, gap.seconds) == ("person", "ann", 10)
    assert (line.working, line.waiting, line.idle, line.status) == (3, 10, 0, "done")
    assert line.question == "Why?"
    assert line.asks == ()


def test_an_open_question_is_told(log):
    """It is waited for until now."""
    log.start(0)
    log.add(r.Interrupted, 2, interrupt="i", node="ask")
    log.end(3, "interrupted")
    line = one(log)
    assert [(w.name, w.end - w.begin) for w in line.asks] == [("ask", NOW - 2)]


def test_time_after_a_failure_is_nobodys(log):
    """It is neither work nor waiting."""
    log.start(0)
    log.end(2, "failed", error="no")
    log.start(7, "run-2", resumed=True)
    log.end(8)
    line = one(log)
    assert (line.working, line.waiting, line.idle) == (3, 0, 5)


def test_a_killed_run_ends_with_its_last_record(log):
    """Its open spans are cut off there; the time until the resume is nobody's."""
    log.start(0, host=host(), process=2**22 - 1, born="gone:1")
    log.node("work", 1, None)
    log.model(2, 4)
    assert (one(log).status, one(log).end) == ("killed", 4)
    assert named(one(log), "work").status == "killed"
    log.start(9, "run-2", resumed=True)
    log.end(10)
    line = one(log)
    assert (line.runs[0].status, line.runs[0].end, line.idle) == ("killed", 4, 5)
    assert named(line, "work").end == 4


def test_what_runs_lasts_until_now(log):
    """Of a process that lives."""
    log.start(0, host=host(), process=os.getpid(), born=birth(os.getpid()))
    log.node("work", 1, None)
    line = one(log)
    assert (line.status, line.end, named(line, "work").status) == ("running", NOW, "running")


def test_tasks_wait_for_what_they_need_and_for_slots(log):
    """A task works from its first step on; the path goes over to what it waited for."""
    log.start(0)
    log.plan(0, t1=[], t2=[], t3=["t1"], t4=[])
    top = log.node("execute", 0, None)
    outer = {t: log.node(t, 0, None, parent=top, span=t) for t in ("t1", "t2", "t3", "t4")}
    times = {"t1": (0, 4), "t2": (0, 3), "t4": (3, 5), "t3": (4, 9)}
    for task, (begin, end) in times.items():
        log.node("w", begin, end, parent=outer[task], task=task, span=f"{task} w")
        log.add(r.NodeEnded, end, node=task, span=task, parent=top, status="done", seconds=end)
    log.add(r.NodeEnded, 9, node="execute", span=top, parent="run-1", status="done", seconds=9)
    log.end(9)
    log.records.sort(key=lambda record: record.time)
    line = one(log)
    told = {s.name: [(w.on, w.begin, w.end) for w in s.waits] for s in line.spans}
    assert told["t3"] == [("needs", 0, 4)]
    assert told["t4"] == [("slot", 0, 3)]
    assert [(line.spans[p.activity].task, p.begin, p.end) for p in line.path] == [
        ("t1", 0, 4),
        ("t3", 4, 9),
    ]
    assert (line.most, line.working, line.busy) == (2, 9, 14)


def test_a_task_that_is_held_up_did_not_fail_itself(log):
    """What it needs asks a person, so it never began."""
    log.start(0)
    log.plan(0, t1=[], t2=["t1"])
    top = log.node("execute", 0, 3, status="interrupted")
    log.node("t1", 0, 2, parent=top, status="interrupted")
    log.node("t2", 0, 2, parent=top, status="failed", error="_Blocked: t1")
    log.end(3, "interrupted")
    log.records.sort(key=lambda record: record.time)
    held = named(one(log), "t2")
    assert (held.status, held.error, held.waits[0].on) == ("cancelled", "", "needs")


def test_waits_of_policies_are_no_work(log):
    """Told after they were waited for, but the wait before a retry, which is told before it."""
    log.start(0)
    span = log.node("work", 0, 10)
    end = log.records.pop()
    log.add(r.Waited, 3, on="bulkhead", name="b", seconds=2, span=span)
    log.add(r.Waited, 5, on="retry", name="w", seconds=4, span=span)
    log.records.append(end)
    log.end(10)
    line = one(log)
    waits = [(w.on, w.begin, w.end) for w in named(line, "work").waits]
    assert waits == [("bulkhead", 1, 3), ("retry", 5, 9)]
    assert (line.working, line.waiting) == (4, 6)
    assert named(line, "work").worked == 4


def test_tries_and_takeovers_are_told(log):
    """By the span that begins."""
    log.start(0)
    first = log.model(0, 1)
    second = log.model(1, 2)
    log.add(r.Retried, 1, step="model", name="m", attempt=2, span=second)
    log.add(r.FellBack, 1, step="model", name="big", to="m", span=second)
    log.end(2)
    line = one(log)
    by_id = {s.id: s for s in line.spans}
    assert (by_id[first].attempt, by_id[second].attempt, line.retries) == (1, 2, 1)
    assert by_id[second].instead == "big"
    assert [m.kind for m in line.marks] == ["retried", "fell_back"]


def test_undoing_is_told_from_its_beginning_to_the_last_letter(log):
    """Who undoes what, and who saw to what could not be undone."""
    log.start(0)
    log.add(r.CompensationStarted, 1, scope="", why="asked", by="ann")
    log.add(r.CompensationStarted, 1, scope="p", node="trip", why="failed", error="full")
    log.add(r.Compensated, 1, step="pay", status="done")
    log.add(r.DeadLettered, 1, letter="l1", kind="undo", name="book", attempts=3, error="down")
    log.add(r.LetterClosed, 1, letter="l1", how="dropped", by="bob", reason="by phone")
    log.end(2)
    assert [m.text for m in one(log).marks] == [
        "undoing begins: the turn asked by ann",
        "undoing begins: trip failed: full",
        "pay undone: done",
        "dead letter l1: book: down",
        "dead letter l1 dropped by bob: by phone",
    ]


def test_effects_given_back_are_told_and_calls_have_spans(log):
    """What the ledger gives back was not done again; a model's and a tool's effect has its span."""
    log.start(0)
    log.add(r.EffectEnded, 1, key="k", kind="tool", name="pay", status="returned")
    log.add(r.EffectStarted, 2, key="c", kind="call", name="send", effect="ask")
    log.add(r.EffectEnded, 3, key="c", kind="call", name="send", status="settled")
    log.add(r.EffectStarted, 3, key="m", kind="model", name="m", effect="idempotent")
    log.add(r.EffectEnded, 4, key="m", kind="model", name="m", status="settled")
    log.end(5)
    line = one(log)
    told = [(s.name, s.status, s.seconds) for s in line.spans if s.kind == "effect"]
    assert told == [("pay", "returned", 0), ("send", "done", 1)]


def test_a_clock_that_goes_back_is_set_right(log):
    """What comes later is moved forward; nothing ends before it began, and it is told."""
    log.start(5_000)
    log.node("first", 5_000, 5_002)
    log.node("second", 1_402, 1_404)
    log.end(1_405)
    line = one(log)
    assert line.shifted == 3_600
    assert (named(line, "second").begin, named(line, "second").end) == (5_002, 5_004)
    assert line.seconds == 5


def test_small_steps_back_are_no_jump(log):
    """Threads write side by side."""
    log.start(10)
    log.node("first", 12, 11.9)
    log.end(13)
    line = one(log)
    assert (line.shifted, named(line, "first").seconds) == (0, 0)


def test_ends_without_beginnings_began_so_long_before(log):
    """As after a prune in the middle of a run."""
    log.add(r.ModelEnded, 10, model="m", seconds=3, span="s", parent="gone")
    log.add(r.NodeEnded, 12, node="n", seconds=100, status="done", span="n")
    log.end(13)
    line = one(log)
    assert named(line, "m").seconds <= 3
    assert line.seconds == 3


def test_runs_are_put_to_turns_and_what_is_said_later_to_its_run(log):
    """A run that is no resume begins a turn; feedback on the first belongs to it."""
    log.start(0)
    log.end(1)
    log.start(10, "run-2")
    log.end(11)
    log.add(r.Feedback, 20, run="run-1", on="run-1", thumb="up", by="ann")
    log.add(r.Pruned, 21, run="", before=1, hash="x")
    first, second = timelines(log.records, now=lambda: NOW)
    assert [m.text for m in first.marks] == ["feedback by ann: up"]
    assert (second.turn, second.marks, first.seconds) == (2, [], 1)


def test_one_run_can_be_looked_at_alone(log):
    """By the beginning of its id."""
    log.start(0, "aa-1")
    log.end(1, "interrupted")
    log.start(10, "ab-2", resumed=True)
    log.end(12)
    (line,) = timelines(narrowed(log.records, "ab"), now=lambda: NOW)
    assert (line.seconds, len(line.runs)) == (2, 1)
    for name in ("a", "nope", ""):
        with pytest.raises(InvalidInput, match="aa-1, ab-2"):
            narrowed(log.records, name)


def test_a_takeover_ends_the_run_before(log):
    """Two runs that both write: the first is cut off where the second begins."""
    log.start(0)
    log.node("work", 1, 5)
    log.start(6, "run-2", resumed=True)
    log.add(r.NodeEnded, 7, run="run-1", node="late", span="late", status="done", seconds=1)
    log.end(8)
    line = one(log)
    assert [run.status for run in line.runs] == ["killed", "done"]


def test_json_tells_times_from_the_beginning(log):
    """And leaves out what says nothing."""
    log.start(100)
    log.node("work", 101, 102)
    log.end(103)
    told = json_of(one(log))
    assert (told["spans"][2]["begin"], told["spans"][2]["end"]) == (1, 2)
    assert "error" not in told["spans"][2]
    assert told["path"][0]["begin"] == 0


KINDS = (
    (r.NodeStarted, {"node": "n"}),
    (r.NodeEnded, {"node": "n", "status": "done", "seconds": 1}),
    (r.ModelStarted, {"model": "m", "messages": 1}),
    (r.ModelEnded, {"model": "m", "seconds": 2}),
    (r.ToolStarted, {"tool": "x"}),
    (r.ToolEnded, {"tool": "x", "status": "cancelled", "seconds": -3}),
    (r.RunStarted, {"team": "t", "host": "elsewhere"}),
    (r.RunStarted, {"team": "t", "host": "elsewhere", "resumed": True}),
    (r.RunEnded, {"status": "interrupted", "seconds": 1}),
    (r.Waited, {"on": "rate", "name": "r", "seconds": 5}),
    (r.Interrupted, {"interrupt": "i"}),
    (r.Answered, {"interrupt": ""}),
    (r.EffectStarted, {"key": "k", "kind": "call", "name": "c", "effect": "ask"}),
    (r.EffectEnded, {"key": "k", "kind": "call", "name": "c", "status": "unknown"}),
    (r.Decided, {"by": "p", "decision": "plan", "data": {"tasks": [{"id": "n", "needs": ["n"]}]}}),
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(KINDS) - 1), st.floats(-1e3, 1e3), *[st.integers(0, 4)] * 3),
        min_size=1,
        max_size=40,
    )
)
def test_any_records_make_timelines_that_add_up(events):
    """However wrong: spans lie within one another, the path is as long as the turn."""
    made = [
        KINDS[kind][0](
            time=at,
            thread="t",
            run=f"r{run}",
            span=f"s{span}",
            parent=f"s{parent}",
            seq=seq,
            **KINDS[kind][1],
        )
        for seq, (kind, at, run, span, parent) in enumerate(events)
    ]
    for line in timelines(made, now=lambda: NOW):
        for span in line.spans[1:]:
            above = line.spans[span.parent]
            assert span.parent < span.number
            assert above.begin <= span.begin <= span.end <= above.end
            assert 0 <= span.worked <= span.seconds + 1e-6
        assert sum(p.end - p.begin for p in line.path) == pytest.approx(line.seconds, abs=1e-6)
        total = line.working + line.waiting + line.idle
        assert total == pytest.approx(line.seconds, abs=1e-6)


def test_the_work_grows_with_the_number_of_records(log):
    """And not with its square: ten times the records take little more than ten times the steps."""

    def made(count):
        log.records.clear()
        log.start(0)
        for place in range(count // 2):
            log.node(f"n{place % 7}", place, place + random.Random(place).random() * 20)
        log.end(count)
        with counted_lines() as lines:
            one(log)
        return lines()

    small, large = made(400), made(4_000)
    assert large < 15 * small


def test_covered_counts_overlaps_once():
    """Two stretches that overlap."""
    assert covered([(0, 2), (1, 3), (5, 6)]) == 4
