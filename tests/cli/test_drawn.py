from __future__ import annotations

import io

from rich.console import Console

from stretto.cli.drawn import Drawn


def terminal(width=100):
    """A terminal without colours."""
    return Console(
        file=io.StringIO(), width=width, height=40, force_terminal=True, color_system=None
    )


def show(records, *, known=()):
    """Draw records; give what was drawn meanwhile, and what was left at the end."""
    console = terminal()
    display = Drawn(console, now=lambda: 1010.0)
    display.known(known)
    for record in records:
        display.add(record)
        display.tick()
    during = console.file.getvalue()
    display.close()
    return during, console.file.getvalue().removeprefix(during)


def test_running_tasks_are_drawn_in_place_with_what_they_do(tale):
    """Running tasks are drawn in place with what they do."""
    tale.start()
    tale.plan(("t1", []), ("t2", []))
    tale.work("t1")
    tale.work("t2")
    during, _ = show(tale.records)
    assert during.count("question") == 1
    assert "working" in during
    assert "0 of 100 model calls, 0 tool calls" in during


def test_a_reviewed_round_is_left_on_the_screen_once(tale):
    """A reviewed round is left on the screen once."""
    tale.start()
    tale.plan(("t1", []))
    tale.worked("t1", tale.work("t1"))
    tale.review("revise", "t1")
    tale.worked("t1", tale.work("t1"))
    tale.review("accept")
    tale.conclude()
    tale.end()
    during, after = show(tale.records)
    assert during.count("review of round 1") == 1
    assert during.count("review of round 2") == 1
    assert "round 2: t1 again" in during or "plan by planner: 1 task, round 2" in during
    assert "t1" not in after


def test_what_is_unfinished_is_left_as_it_stands(tale):
    """What is unfinished is left as it stands."""
    tale.start()
    tale.plan(("t1", []))
    tale.work("t1")
    tale.end("stopped")
    _, after = show(tale.records)
    assert "not finished" in after


def test_nodes_are_drawn_where_there_is_no_plan(tale):
    """Nodes are drawn where there is no plan."""
    tale.start()
    tale.node_ended("model", tale.node("model"))
    tale.end()
    _, after = show(tale.records)
    assert "✓ model" in after


def test_a_resumed_turn_tells_what_was_done_and_repeats_no_review(tale):
    """A resumed turn tells what was done and repeats no review."""
    tale.start()
    tale.plan(("t1", []), ("t2", []))
    tale.worked("t1", tale.work("t1"))
    tale.end("stopped")
    before = len(tale.records)
    tale.start(question="", resumed=True)
    during, _ = show(tale.records[before:], known=tale.records[:before])
    assert "going on; 1 of 2 tasks done before" in during


def test_a_pass_over_a_source_is_drawn_below_the_steps(tale):
    """Until nothing is left; the step at work tells its place in the chain."""
    tale.start()
    tale.node("map", step="2 of 3")
    console = terminal()
    display = Drawn(console, now=lambda: 1010.0)
    for record in tale.records:
        display.add(record)
    told = {"progress": "count", "done": 5, "total": 10, "share": 0.5, "rate": 1.0, "left": 5.0}
    display.pace(told)
    display.tick()
    drawn = console.file.getvalue()
    assert "count ━━━━" in drawn
    assert "5 of 10  1/s  5.0 s left" in drawn
    assert "map (step 2 of 3)" in drawn
    display.pace({**told, "done": 10, "share": 1.0, "left": 0})
    display.tick()
    assert "10 of 10" not in console.file.getvalue()
    display.close()
