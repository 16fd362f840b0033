"""Runs tasks as soon as what they need is there, in one node, each result stored as it exists.

LangGraph stores what a `@task` returns and finds it again, on a resume, by the task's name and the
order of the calls, never by arguments. So all are called at once, in topological order, under
their own names, and wait inside their bodies: for their needs, then for a slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from graphlib import TopologicalSorter

from langgraph.errors import GraphInterrupt
from langgraph.func import task as langgraph_task

from stretto.errors import MemberFailed
from stretto.state import Task, TaskResult

Needs = dict[str, TaskResult]
Work = Callable[[Task, Needs], Awaitable[TaskResult]]
"""Carries out one task, given the results it needs."""
Ask = Callable[[Task, TaskResult], Awaitable[TaskResult]]
"""Lets a person decide on a result, by interrupt."""


class _Blocked(Exception):
    """Raised in a task whose need has no result."""


async def run_tasks(
    tasks: Sequence[Task],
    work: Work,
    *,
    width: int,
    done: Mapping[str, TaskResult] | None = None,
    ask: Ask | None = None,
) -> dict[str, TaskResult]:
    """Run tasks inside a LangGraph node; on a resume only unfinished ones run again.

    A task that fails or waits for a person holds up only those that need it. When all that can
    end has ended, the interrupts of all are raised as one, so that each can be answered.

    Args:
        tasks: What to run, free of cycles.
        work: Carries out one.
        width: How many run at once, at least 1.
        done: Earlier results that may be needed, by task id.
        ask: Asked about each result before it counts; `None` asks nobody.

    Returns:
        The results by task id, in topological order.

    Raises:
        GraphInterrupt: Some wait for a person.
        Exception: What the first failed task raised; finished results are stored all the same.
    """
    order = topological(tasks)
    worked, asked = _futures(order), _futures(order)
    final = asked if ask is not None else worked
    slots = asyncio.Semaphore(width)
    earlier = dict(done or {})

    async def carry_out(task: Task) -> TaskResult:
        needs = {n: await final[n] if n in final else earlier[n] for n in task.needs}
        async with slots:
            return await work(task, needs)

    async def approval(task: Task) -> TaskResult:
        return await ask(task, await worked[task.id]) if ask else await worked[task.id]

    calls: list[Awaitable[None]] = []
    for task in order:
        calls.append(_settle(task, _call(task, carry_out, task.id), worked))
        if ask is not None:
            calls.append(_settle(task, _call(task, approval, f"{task.id} approval"), asked))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    _raise_what_stopped(outcomes)
    return {t.id: final[t.id].result() for t in order}


def topological(tasks: Sequence[Task]) -> list[Task]:
    """Order tasks so that each comes after those it needs, else as they stand.

    Needs that are no ids of these tasks are ignored.

    Raises:
        graphlib.CycleError: Tasks need each other in a circle.
    """
    by_id = {t.id: t for t in tasks}
    sorter = TopologicalSorter({t.id: [n for n in t.needs if n in by_id] for t in tasks})
    return [by_id[i] for i in sorter.static_order()]


def _futures(tasks: Sequence[Task]) -> dict[str, asyncio.Future[TaskResult]]:
    loop = asyncio.get_running_loop()
    return {t.id: loop.create_future() for t in tasks}


def _call(
    task: Task, function: Callable[[Task], Awaitable[TaskResult]], name: str
) -> Awaitable[TaskResult]:
    async def body(task: Task) -> TaskResult:
        return await function(task)

    body.__name__ = name
    return langgraph_task(body)(task)


async def _settle(
    task: Task, result: Awaitable[TaskResult], futures: dict[str, asyncio.Future[TaskResult]]
) -> None:
    """Tell the tasks that wait for this one what became of it."""
    future = futures[task.id]
    try:
        value = await result
        if value.task != task.id:
            raise MemberFailed(
                f"the result stored for task {task.id!r} belongs to {value.task!r}. The thread's "
                "checkpoints are damaged; fork it before this step."
            )
    except BaseException:
        future.set_exception(_Blocked(task.id))
        future.exception()  # looked at, also when no other task needs it
        raise
    future.set_result(value)


def _raise_what_stopped(outcomes: Sequence[BaseException | None]) -> None:
    stopped = [o for o in outcomes if o is not None and not isinstance(o, _Blocked)]
    if failed := [o for o in stopped if not isinstance(o, GraphInterrupt)]:
        for other in failed[1:]:
            failed[0].add_note(f"another task failed too: {other!r}")
        raise failed[0]
    if stopped:
        raise GraphInterrupt([i for o in stopped for i in o.args[0]])
