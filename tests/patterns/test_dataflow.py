"""Tasks start when their needs are met, and each result belongs to its task, whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt
from typing_extensions import TypedDict

from stretto.patterns.dataflow import Needs, run_tasks, topological
from stretto.state import Task, TaskResult


class State(TypedDict, total=False):
    """What the test graph ends with."""

    results: dict[str, TaskResult]


def result(task: Task, needs: Needs, by: str = "w") -> TaskResult:
    """A result whose text tells the task and everything under it."""
    text = f"{task.id}({','.join(needs[n].text for n in task.needs)})"
    return TaskResult(task=task.id, goal=task.goal, agent=by, text=text)


def expected(tasks: list[Task]) -> dict[str, str]:
    """The texts that any order of execution must give."""
    texts: dict[str, str] = {}
    for task in topological(tasks):
        texts[task.id] = f"{task.id}({','.join(texts[n] for n in task.needs)})"
    return texts


@dataclass
class Worker:
    """Does tasks after a number of turns of the loop, and tells what it did."""

    turns: dict[str, int] = field(default_factory=dict)
    crash_at: str = ""
    fail_at: str = ""
    asks: frozenset[str] = frozenset()
    begun: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    running: int = 0
    most: int = 0
    main: asyncio.Task[Any] | None = None

    async def __call__(self, task: Task, needs: Needs) -> TaskResult:
        self.begun[task.id] += 1
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(self.turns.get(task.id, 0)):
                await asyncio.sleep(0)
            if task.id == self.crash_at and self.main is not None:
                self.main.cancel()
                await asyncio.Event().wait()
            if task.id == self.fail_at:
                raise RuntimeError(f"{task.id} broke")
            if task.id in self.asks:
                assert interrupt(f"may {task.id}?") == f"yes {task.id}"
        finally:
            self.running -= 1
        self.ended[task.id] += 1
        self.order.append(task.id)
        return result(task, needs)


def graph_of(tasks: list[Task], worker: Worker, *, width: int, saver: Any) -> Any:
    """A graph whose only node runs the tasks."""

    async def node(state: State) -> State:
        return {"results": await run_tasks(tasks, worker, width=width)}

    graph = StateGraph(State)
    graph.add_node("node", node)
    graph.add_edge(START, "node")
    graph.add_edge("node", END)
    return graph.compile(checkpointer=saver)


async def run(graph: Any, given: Any, worker: Worker, **config: Any) -> Any:
    """Run to the end, the crash or the interrupt."""
    conf = {"configurable": {"thread_id": "t"}, **config}
    worker.main = asyncio.ensure_future(graph.ainvoke(given, conf, durability="sync"))
    return await worker.main


@st.composite
def graphs(draw: st.DrawFn) -> list[Task]:
    """Task graphs of 1 to 8 tasks, listed in any order."""
    count = draw(st.integers(1, 8))
    needs = [draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set() for i in range(count)]
    tasks = [
        Task(id=f"t{i}", goal=f"g{i}", executor="w", needs=[f"t{n}" for n in sorted(needs[i])])
        for i in range(count)
    ]
    return draw(st.permutations(tasks))


turns = st.dictionaries(st.sampled_from([f"t{i}" for i in range(8)]), st.integers(0, 12))
relaxed = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(graphs(), turns, st.integers(1, 4))
async def test_results_are_those_of_their_tasks_in_any_timing(
    tasks: list[Task], pace: dict[str, int], width: int
) -> None:
    """Whatever the run times and the width, every result is made of its own task's needs."""
    worker = Worker(pace)
    graph = graph_of(tasks, worker, width=width, saver=InMemorySaver())
    out = await run(graph, {}, worker)
    assert {i: r.text for i, r in out["results"].items()} == expected(tasks)
    assert worker.most <= width
    assert all(worker.order.index(n) < worker.order.index(t.id) for t in tasks for n in t.needs)


@relaxed
@given(graphs(), turns, st.integers(1, 4), st.data())
async def test_a_crash_at_any_task_repeats_only_unfinished_tasks(
    tasks: list[Task], pace: dict[str, int], width: int, data: st.DataObject
) -> None:
    """After a crash in any task a resume does what was left, and gives the same results."""
    crash = data.draw(st.sampled_from([t.id for t in tasks]))
    saver, first = InMemorySaver(), Worker(pace, crash_at=crash)
    with pytest.raises(asyncio.CancelledError):
        await run(graph_of(tasks, first, width=width, saver=saver), {}, first)
    stored = stored_tasks(saver)
    pace2 = {i: random.Random(i).randint(0, 9) for i in pace}
    second = Worker(pace2)
    out = await run(graph_of(tasks, second, width=width, saver=saver), None, second)
    assert {i: r.text for i, r in out["results"].items()} == expected(tasks)
    assert not stored & set(second.begun)
    assert set(second.begun.values()) <= {1}
    assert set(first.ended) | set(second.begun) == {t.id for t in tasks}
    assert stored <= set(first.ended)


def stored_tasks(saver: InMemorySaver) -> set[str]:
    """Ids of the tasks whose results a checkpoint holds."""
    held = next(iter(saver.list({"configurable": {"thread_id": "t"}})))
    values = [value for _, _, value in held.pending_writes or []]
    return {value.task for value in values if isinstance(value, TaskResult)}


@relaxed
@given(graphs(), turns, st.data())
async def test_several_tasks_may_ask_and_be_answered_in_any_order(
    tasks: list[Task], pace: dict[str, int], data: st.DataObject
) -> None:
    """All that can ask do so at once; answers by id, one at a time, in any order, end the run."""
    asks = data.draw(st.sets(st.sampled_from([t.id for t in tasks]), min_size=1, max_size=3))
    worker = Worker(pace, asks=frozenset(asks))
    graph = graph_of(tasks, worker, width=4, saver=InMemorySaver())
    out = await run(graph, {}, worker)
    for _ in range(20):
        if "__interrupt__" not in out:
            break
        waiting = out["__interrupt__"]
        one = data.draw(st.sampled_from(waiting))
        name = one.value.removeprefix("may ").removesuffix("?")
        out = await run(graph, Command(resume={one.id: f"yes {name}"}), worker)
    assert {i: r.text for i, r in out["results"].items()} == expected(tasks)
    assert set(worker.ended.values()) == {1}


async def test_independent_tasks_that_ask_are_all_asked_at_once() -> None:
    """Three tasks without needs give three interrupts in one run."""
    tasks = [Task(id=i, goal=i, executor="w") for i in "abc"]
    worker = Worker(asks=frozenset("abc"))
    out = await run(graph_of(tasks, worker, width=3, saver=InMemorySaver()), {}, worker)
    assert sorted(i.value for i in out["__interrupt__"]) == ["may a?", "may b?", "may c?"]


async def test_a_failed_task_holds_up_only_those_that_need_it() -> None:
    """Others end and are stored; a resume runs the failed one and what needs it."""
    tasks = [
        Task(id="bad", goal="", executor="w"),
        Task(id="good", goal="", executor="w"),
        Task(id="after", goal="", executor="w", needs=["bad"]),
    ]
    saver, first = InMemorySaver(), Worker({"good": 20}, fail_at="bad")
    with pytest.raises(RuntimeError, match="bad broke"):
        await run(graph_of(tasks, first, width=3, saver=saver), {}, first)
    assert first.ended == {"good": 1}
    second = Worker()
    out = await run(graph_of(tasks, second, width=3, saver=saver), None, second)
    assert sorted(second.begun) == ["after", "bad"]
    assert {i: r.text for i, r in out["results"].items()} == expected(tasks)


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_langgraphs_own_concurrency_limit_does_not_deadlock(limit: int) -> None:
    """`max_concurrency` below the width only slows: calls are made in topological order."""
    tasks = [
        Task(id=f"t{i}", goal="", executor="w", needs=[f"t{i - 1}"] if i else []) for i in range(5)
    ]
    worker = Worker()
    graph = graph_of(list(reversed(tasks)), worker, width=8, saver=InMemorySaver())
    out = await asyncio.wait_for(run(graph, {}, worker, max_concurrency=limit), 20)
    assert {i: r.text for i, r in out["results"].items()} == expected(tasks)
