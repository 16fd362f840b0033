from __future__ import annotations

from stretto import records as r
from stretto.cli.trace import traced


def told(**fields):
    """What every record tells."""
    return {"time": 1.0, "thread": "t", "run": "r", **fields}


def node(span, parent, name, status="failed", *, error="ValueError: x", task="", **more):
    """A node that began and ended; `status=None` for one that did not end."""
    about = told(span=span, parent=parent, node=name, task=task, place=name, **more)
    start = r.NodeStarted(**about)
    if status is None:
        return [start]
    error = error if status == "failed" else ""
    return [start, r.NodeEnded(**about, status=status, error=error, seconds=1)]


def run(*records, error="ValueError: x", status="failed"):
    """A run with these records."""
    start = r.RunStarted(**told(span="r", team="x"))
    end = r.RunEnded(**told(span="r"), status=status, error=error, seconds=1)
    return [start, *records, end]


def names(records):
    """The way to the origin of the failure."""
    (trace,) = traced(records)
    return [step.name for step in trace.failure()]


def test_the_origin_is_the_innermost_step_with_the_error():
    """Whatever else failed beside it and was mended."""
    outer = node("a", "r", "outer")
    model = [
        r.ModelStarted(**told(span="m", parent="b"), model="gpt", messages=1),
        r.ModelEnded(**told(span="m", parent="b"), model="gpt", error="ValueError: x", seconds=1),
    ]
    inner = node("b", "a", "inner")
    other = node("c", "a", "other", error="KeyError: y")
    records = run(outer[0], *other, inner[0], *model, inner[1], outer[1])
    assert names(records) == ["outer", "inner", "gpt"]


def test_a_failure_that_was_followed_by_a_success_is_not_the_origin():
    """The node raised for another reason."""
    tries = [*node("b", "a", "try", error="E: 1"), *node("c", "a", "try", "done")]
    outer = node("a", "r", "outer", error="TypeError: z")
    assert names(run(outer[0], *tries, outer[1], error="TypeError: z")) == ["outer"]


def test_an_error_that_was_reworded_is_followed():
    """The last failure within counts."""
    outer = node("a", "r", "outer", error="MemberFailed: b failed")
    inner = node("b", "a", "b", error="KeyError: y")
    records = run(outer[0], *inner, outer[1], error="MemberFailed: b failed")
    assert names(records) == ["outer", "b"]


def test_a_node_out_of_time_was_cancelled():
    """LangGraph's timeout fails the graph, not the node."""
    late = "NodeTimeoutError: Node 'slow' exceeded its run timeout of 0.2s"
    records = run(
        *node("a", "r", "slow", "cancelled"), *node("b", "r", "b", "cancelled"), error=late
    )
    assert names(records) == ["slow"]


def test_what_is_at_work_has_no_end_and_nothing_open_within():
    """Of a run that goes on or was cut off."""
    records = run(*node("a", "r", "outer", None), *node("b", "a", "inner", None))[:-1]
    (trace,) = traced(records)
    assert [step.name for step in trace.at_work()] == ["inner"]
    assert trace.failure() == []


def test_a_task_is_its_outermost_step():
    """Not the steps of the agent that works on it."""
    records = run(
        *node("a", "r", "execute", None),
        *node("b", "a", "worker", "failed", task="t1"),
        *node("c", "b", "model", "done", task="t1"),
    )
    (trace,) = traced(records)
    assert [(task, step.name, step.done) for task, step in trace.tasks()] == [
        ("t1", "worker", False)
    ]


def test_runs_are_kept_apart_and_strange_ends_left_out():
    """A journal may begin in the middle, when its beginning was removed."""
    first, second = run(*node("a", "r", "one")), run(*node("a", "r", "two"))
    second = [record.model_copy(update={"run": "r2"}) for record in second]
    assert [t.steps[0].name for t in traced([*first, *second])] == ["one", "two"]
    assert traced(first[1:]) == []
