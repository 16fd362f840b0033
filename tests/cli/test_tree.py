from __future__ import annotations

from stretto.cli.progress import fold
from stretto.cli.tree import draw_round


def test_tasks_hang_below_the_last_task_they_need(tale, drawn):
    """Tasks hang below the last task they need."""
    tale.start()
    tale.plan(("t1", []), ("t2", ["t1"]), ("t3", []), ("t4", ["t2", "t3"]))
    lines = drawn(draw_round(fold(tale.records).view.round, 2000.0, width=80), 80).splitlines()
    assert [line.split(" worker")[0].rstrip() for line in lines] == [
        "├─ · t1",
        "│  └─ · t2",
        "└─ · t3",
        "   └─ · t4",
    ]
    assert "(needs t2, t3) What is t4?" in lines[3]


def test_bars_of_tasks_that_ran_at_once_lie_beside_each_other(tale, drawn):
    """Bars of tasks that ran at once lie beside each other."""
    tale.start()
    tale.plan(("t1", []), ("t2", []))
    spans = [tale.work("t1"), tale.work("t2")]
    tale.worked("t1", spans[0])
    tale.worked("t2", spans[1])
    round_ = fold(tale.records).view.round
    assert drawn(draw_round(round_, 2000.0, width=110), 110).count("━") > 2
    assert "━" not in drawn(draw_round(round_, 2000.0, width=80), 80)


def test_each_tool_call_stands_below_its_task_and_many_are_folded(tale, drawn):
    """Each tool call stands below its task and many are folded."""
    tale.start()
    tale.plan(("t1", []))
    span = tale.work("t1")
    for number in range(9):
        tale.tool("look", {"words": f"word {number}"}, task="t1")
    running = drawn(draw_round(fold(tale.records).view.round, 2000.0, width=80, live=True), 80)
    assert "working" in running
    assert "9 tool calls" in running
    tale.worked("t1", span)
    done = drawn(draw_round(fold(tale.records).view.round, 2000.0, width=80), 80)
    assert 'look "word 0"  0.5 s' in done
    assert "and 3 tool calls more" in done


def test_what_went_wrong_stands_below_the_task(tale, drawn):
    """What went wrong stands below the task."""
    tale.start()
    tale.plan(("t1", []), ("t2", []), ("t3", []))
    span = tale.work("t1")
    tale.tool("look", {}, status="failed", error="no disk", task="t1")
    tale.worked("t1", span, "failed", error="OSError: no disk")
    tale.worked("t2", tale.work("t2"), "cancelled")
    tale.worked("t3", tale.work("t3"), "interrupted")
    said = drawn(draw_round(fold(tale.records).view.round, 2000.0, width=80), 80)
    for words in ("failed: no disk", "OSError: no disk", "not finished", "waits for a person"):
        assert words in said
