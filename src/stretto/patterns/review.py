"""What follows from a plan, a review and the rules: pure decisions."""

from __future__ import annotations

import difflib
from graphlib import CycleError
from typing import TYPE_CHECKING

from pydantic import ValidationError

from stretto.patterns.dataflow import topological
from stretto.state import Attempt, Plan, Review, RuleOutcome, Task, TaskResult, TaskRevision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from stretto.members import Reply


def read_plan(reply: Reply) -> tuple[Plan, str]:
    """Read a planner's reply as a plan.

    Returns:
        The plan and an empty text; or an empty plan and what is wrong with the reply.
    """
    value = reply.value
    try:
        if isinstance(value, Plan):
            return value, ""
        if value is not None:
            return Plan.model_validate(value), ""
        return Plan.model_validate_json(reply.text), ""
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(p) for p in first["loc"]) or "the reply"
        return Plan(), f"it is no plan: {place}: {first['msg']}. Answer with the typed plan"


def plan_problem(plan: Plan, executors: Iterable[str], *, max_tasks: int) -> str:
    """Say what makes a plan impossible, and nothing when it can be carried out."""
    known, ids = sorted(executors), [t.id for t in plan.tasks]
    if not plan.tasks:
        return (
            "" if plan.reply.strip() else "it has neither tasks nor a reply. Give one task at least"
        )
    if len(ids) > max_tasks:
        return f"it has {len(ids)} tasks and {max_tasks} are allowed. Merge some"
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        return f"two tasks have the id {twice[0]!r}. Give each its own"
    for task in plan.tasks:
        if problem := _task_problem(task, ids, known):
            return problem
    try:
        topological(plan.tasks)
    except CycleError as error:
        return f"tasks need each other in a circle: {' -> '.join(error.args[1])}. Drop one need"
    return ""


def _task_problem(task: Task, ids: Sequence[str], executors: Sequence[str]) -> str:
    if not task.id.strip() or not task.goal.strip():
        return f"a task lacks {'an id' if not task.id.strip() else 'a goal'}. Write it"
    if task.executor not in executors:
        near = difflib.get_close_matches(task.executor, executors, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(executors)}"
        return f"task {task.id!r} is for {task.executor!r}, who is not in the team. {hint}"
    for need in task.needs:
        if need not in ids:
            return f"task {task.id!r} needs {need!r}, which is no task. There are: {', '.join(ids)}"
    return ""


def read_review(reply: Reply) -> Review | None:
    """Read a reviewer's reply; `None` when it is no review."""
    value = reply.value
    try:
        if isinstance(value, Review):
            return value
        if value is not None:
            return Review.model_validate(value)
        return Review.model_validate_json(reply.text)
    except ValidationError:
        return None


def settle_review(
    review: Review, checks: Sequence[RuleOutcome], tasks: Sequence[Task], *, binding: frozenset[str]
) -> Review:
    """Make a review consistent with the rules and the plan.

    An acceptance against a binding rule becomes a revision of the tasks that break it; a revision
    names tasks of the plan only, those whose checks failed when it names none, else all.
    """
    failed = [c for c in checks if not c.passed]
    against = [c for c in failed if c.rule in binding]
    if review.verdict == "accept" and against:
        reason = f"overruled by the rule {against[0].rule!r}: {against[0].detail}"
        return Review(verdict="revise", reason=reason, revise=_revisions(against))
    if review.verdict != "revise":
        return review
    ids = {t.id for t in tasks}
    named = [r for r in review.revise if r.task in ids]
    if not named:
        named = _revisions(failed) or [TaskRevision(task=i, why=review.reason) for i in sorted(ids)]
    return review.model_copy(update={"revise": named})


def _revisions(failed: Iterable[RuleOutcome]) -> list[TaskRevision]:
    whys: dict[str, list[str]] = {}
    for outcome in failed:
        whys.setdefault(outcome.task, []).append(outcome.detail)
    return [TaskRevision(task=task, why="; ".join(why)) for task, why in whys.items()]


def to_repeat(tasks: Sequence[Task], revise: Iterable[TaskRevision]) -> set[str]:
    """The ids of tasks to do again: those named and all that use their results."""
    again = {r.task for r in revise}
    for task in topological(tasks):
        if again.intersection(task.needs):
            again.add(task.id)
    return again


def better(
    best: Attempt | None,
    plan: Plan,
    results: Mapping[str, TaskResult],
    checks: Sequence[RuleOutcome],
) -> Attempt:
    """Keep, task by task, the result that passes more rules; of two plans the better one whole."""
    now = Attempt(plan=plan, results=dict(results), checks=list(checks))
    if best is None:
        return now
    if best.plan != plan:
        return now if now.score >= best.score else best
    kept = {i for i in results if _passed(best.checks, i) > _passed(checks, i)}
    return Attempt(
        plan=plan,
        results={i: best.results[i] if i in kept else r for i, r in results.items()},
        checks=[
            *(c for c in best.checks if c.task in kept),
            *(c for c in checks if c.task not in kept),
        ],
    )


def unchanged(best: Attempt | None, plan: Plan, results: Mapping[str, TaskResult]) -> bool:
    """Tell whether a round of the same plan brought nothing that was not there before."""
    if best is None or best.plan != plan:
        return False
    return all(_said(r) == _said(best.results.get(i)) for i, r in results.items())


def _said(result: TaskResult | None) -> object:
    return result and (result.text, result.found, result.citations, result.refused)


def _passed(checks: Iterable[RuleOutcome], task: str) -> int:
    return sum(c.passed for c in checks if c.task == task)
