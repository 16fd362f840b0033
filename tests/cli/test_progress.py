from __future__ import annotations

from stretto.cli.progress import fold
from stretto.records import Decided


def test_tasks_of_a_plan_wait_run_and_are_done(tale):
    """Tasks of a plan wait run and are done."""
    tale.start()
    tale.plan(("t1", []), ("t2", ["t1"]))
    span = tale.work("t1")
    running = fold(tale.records).view.round.tasks
    assert (running["t1"].state, running["t2"].state) == ("running", "waiting")
    tale.tool("look", {"words": "one"}, task="t1")
    tale.worked("t1", span)
    task = fold(tale.records).view.round.tasks["t1"]
    assert (task.state, task.seconds, len(task.calls)) == ("done", 2.0, 1)


def test_a_node_inside_a_task_does_not_begin_it_anew(tale):
    """A node inside a task does not begin it anew."""
    tale.start()
    tale.plan(("t1", []))
    tale.work("t1")
    tale.tool("look", {}, task="t1")
    tale.node("worker", task="t1", place="execute:1|t1:2|worker:3|worker:4")
    assert len(fold(tale.records).view.round.tasks["t1"].calls) == 1


def test_a_review_that_sends_a_task_back_opens_a_round_when_work_begins(tale):
    """A review that sends a task back opens a round when work begins."""
    tale.start()
    tale.plan(("t1", []), ("t2", []), ("t3", ["t2"]))
    for task in ("t1", "t2", "t3"):
        tale.worked(task, tale.work(task))
    tale.review("revise", "t2")
    assert len(fold(tale.records).view.rounds) == 1
    tale.work("t2")
    first, second = fold(tale.records).view.rounds
    assert first.verdict.again == {"t2": "mend t2"}
    assert {t.id: (t.state, t.kept) for t in second.tasks.values()} == {
        "t1": ("done", True),
        "t2": ("running", False),
        "t3": ("waiting", False),
    }
    assert second.tasks["t2"].again == "mend t2"
    assert "made anew" in second.tasks["t3"].again


def test_the_last_round_stands_when_a_review_is_not_followed_by_work(tale):
    """The last round stands when a review is not followed by work."""
    tale.start()
    tale.plan(("t1", []))
    tale.worked("t1", tale.work("t1"))
    tale.review("revise", "t1")
    tale.conclude("not accepted")
    view = fold(tale.records).view
    assert (len(view.rounds), view.answer["verdict"]) == (1, "not accepted")


def test_a_new_plan_is_a_new_round(tale):
    """A new plan is a new round."""
    tale.start()
    tale.plan(("t1", []))
    tale.review("replan")
    tale.plan(("a", []), ("b", []))
    assert [one.number for one in fold(tale.records).view.rounds] == [1, 2]


def test_a_resumed_run_keeps_what_was_done_and_counts_what_was_used(tale):
    """A resumed run keeps what was done and counts what was used."""
    tale.start()
    tale.plan(("t1", []), ("t2", []))
    tale.worked("t1", tale.work("t1"))
    tale.work("t2")
    tale.model(task="t2")
    tale.end("stopped")
    tale.start(question="", resumed=True)
    view = fold(tale.records).view
    tasks = view.round.tasks
    assert (tasks["t1"].state, tasks["t1"].before) == ("done", True)
    assert tasks["t2"].state == "waiting"
    assert (view.question, view.resumed, view.model_calls, view.seconds) == ("Why?", 1, 1, 5.0)


def test_a_run_without_an_end_counts_until_its_last_record(tale):
    """A run without an end counts until its last record."""
    tale.start()
    tale.plan(("t1", []))
    tale.work("t1")
    progress = fold(tale.records)
    progress.kill()
    view = progress.view
    assert (view.status, view.seconds) == ("killed", 2.0)
    assert view.round.tasks["t1"].state == "stopped"
    tale.start(question="", resumed=True)
    assert fold(tale.records).view.seconds == 2.0


def test_a_new_question_starts_anew(tale):
    """A new question starts anew."""
    tale.start()
    tale.plan(("t1", []))
    tale.end()
    tale.start(question="And then?")
    view = fold(tale.records).view
    assert (view.question, view.rounds, view.seconds) == ("And then?", [], 0.0)


def test_nodes_of_a_graph_without_a_plan_are_steps_with_their_calls(tale):
    """Nodes of a graph without a plan are steps with their calls."""
    tale.start()
    span = tale.node("model")
    tale.model(parent=span)
    tale.node_ended("model", span)
    span = tale.node("tools")
    tale.tool("pay", {"to": "Ann"}, parent=span)
    tale.tool("pay", {"to": "Bob"}, status="interrupted", parent=span)
    steps = fold(tale.records).view.steps
    assert [(s.node, s.status, s.model_calls, len(s.calls)) for s in steps] == [
        ("model", "done", 1, 0),
        ("tools", "running", 0, 2),
    ]


def test_a_call_that_waits_for_a_person_counts_once(tale):
    """A call that waits for a person counts once."""
    tale.start()
    span = tale.node("tools")
    tale.tool("pay", {}, status="interrupted", parent=span)
    tale.tool("pay", {}, parent=span)
    assert fold(tale.records).view.tool_calls == 1


def test_a_question_to_a_person_marks_its_task_until_it_is_answered(tale):
    """A question to a person marks its task until it is answered."""
    tale.start()
    tale.plan(("t1", []))
    tale.worked("t1", tale.work("t1"))
    tale.ask("i1", "t1")
    view = fold(tale.records).view
    assert (view.round.tasks["t1"].state, list(view.asked)) == ("asks", ["i1"])
    tale.answer()
    view = fold(tale.records).view
    assert (view.round.tasks["t1"].state, view.asked) == ("done", {})


def test_the_innermost_node_that_failed_is_named(tale):
    """The innermost node that failed is named."""
    tale.start()
    tale.plan(("t1", []))
    outer = tale.node("execute")
    span = tale.work("t1")
    tale.worked("t1", span, "failed", error="TypeError: no")
    tale.node_ended("execute", outer, "failed", error="TypeError: no")
    tale.end("failed", error="TypeError: no")
    view = fold(tale.records).view
    assert (view.failed_in, view.status) == ("t1 worker", "failed")
    assert view.round.tasks["t1"].error == "TypeError: no"


def test_what_else_is_decided_is_noted(tale):
    """What else is decided is noted."""
    from stretto.records import Decided

    tale.start()
    tale._add(Decided, by="planner", decision="invalid plan", reason="a circle")
    assert fold(tale.records).view.notes == ["planner: invalid plan: a circle"]


def test_what_a_piece_of_a_map_decides_is_no_line_of_its_own(tale):
    """A join in each of many chunks would bury the rest: the pace tells of them."""
    tale.start()
    decided = {"by": "parallel", "decision": "join", "place": "map:1|review:2|gather:3"}
    tale._add(Decided, task="chunk 1", **decided)
    tale._add(Decided, by="map_reduce", decision="mapped", reason="2 items", place="map:1")
    assert fold(tale.records).view.notes == ["map_reduce: mapped: 2 items"]
