"""Folds the records of a turn into a view: the same for a run, a watched run and a past one."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from stretto.cli.notes import noted
from stretto.cli.view import Call, Round, Step, TaskView, Verdict, View, Work
from stretto.records import (
    Answered,
    AnyRecord,
    Decided,
    EffectEnded,
    EffectStarted,
    Interrupted,
    ModelEnded,
    ModelStarted,
    NodeEnded,
    NodeStarted,
    Outcome,
    RunEnded,
    RunStarted,
    ToolEnded,
    ToolStarted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stretto.cli.view import TaskState
    from stretto.records import EndStatus


_STATES: dict[EndStatus, TaskState] = {
    "done": "done",
    "interrupted": "asks",
    "failed": "failed",
    "cancelled": "stopped",
}


FEW, MANY = 4, 64
"""Steps of one name that are shown each by itself, and among how many they are sought."""


def fold(records: Iterable[AnyRecord]) -> Progress:
    """Give the progress that records tell of, oldest first."""
    progress = Progress()
    for record in records:
        progress.add(record)
    return progress


class Progress:
    """A view that grows with each record; nothing but records changes it."""

    def __init__(self) -> None:
        self.view = View()
        self._works: dict[str, Work] = {}
        """What is open, by span."""
        self._calls: dict[str, tuple[Call, Work]] = {}
        self._depth: int | None = None
        """How deep in the graph the outermost team decides."""
        self._last = 0.0
        """When the last record was written."""

    def kill(self) -> None:
        """Note that the run's process is gone: no more records will come of it."""
        view = self.view
        for work in self._works.values():
            work.seconds = self._last - (work.started or self._last)
        view.status = "killed"
        view.seconds += max(0.0, self._last - view.started)
        self._leave("stopped")

    def add(self, record: AnyRecord) -> None:
        """Take the next record in."""
        match record:
            case RunStarted():
                self._start_run(record)
            case RunEnded():
                self._end_run(record)
            case NodeStarted() | NodeEnded():
                self._node(record)
            case ModelStarted() | ModelEnded():
                self._model(record)
            case ToolStarted() | ToolEnded():
                self._tool(record)
            case Decided():
                self._decide(record)
            case Interrupted():
                self._ask(record)
            case Answered():
                self._answered(record)
            case _:
                self._note(record)
        self._last = record.time

    def _start_run(self, record: RunStarted) -> None:
        if self.view.status == "running" and self.view.thread:
            self.kill()  # it wrote no end, and another run has begun
        if not record.resumed:
            self.view = View()
            self._works.clear()
        view = self.view
        view.thread, view.team, view.model = record.thread, record.team, record.model
        view.question = record.question or view.question
        view.context, view.limits = dict(record.context), dict(record.limits)
        view.status, view.error, view.failed_in = "running", "", ""
        view.started, view.resumed = record.time, view.resumed + record.resumed
        self._leave("waiting")

    def _end_run(self, record: RunEnded) -> None:
        view = self.view
        view.status, view.error = record.status, record.error
        view.seconds += record.seconds
        self._leave("stopped")

    def _leave(self, state: TaskState) -> None:
        """Nothing of an earlier run goes on any more."""
        for call, _ in self._calls.values():
            call.status = "cancelled"
        for work in self._works.values():
            work.thinking = 0
            if isinstance(work, TaskView):
                work.state = state
            elif isinstance(work, Step):
                work.status = "cancelled"
        self._works.clear()
        self._calls.clear()
        for task in self.view.round.tasks.values() if self.view.round else ():
            if state == "waiting" and task.state in {"stopped", "failed"}:
                task.state = "waiting"
            task.before = task.before or (state == "waiting" and task.state == "done")

    def _node(self, record: NodeStarted | NodeEnded) -> None:
        if isinstance(record, NodeStarted):
            self._start_node(record)
        else:
            self._end_node(record)

    def _start_node(self, record: NodeStarted) -> None:
        if record.node == "__start__":
            return
        work: Work
        if (task := self._task_begun(record)) is not None:
            work = task
        elif record.task:
            return
        else:
            depth = record.place.count("|")
            work = Step(
                started=record.time,
                node=record.node,
                agent=record.agent,
                depth=depth,
                place=record.step,
            )
            self.view.steps.append(work)
        self._works[record.span] = work

    def _task_begun(self, record: NodeStarted) -> TaskView | None:
        """The task that begins with this node: the executor's own, not one inside it."""
        now = self.view.round
        if now is None or record.task not in now.tasks:
            return None
        if now.tasks[record.task].agent != record.node or record.place.count("|") > 2:
            return None
        if now.verdict is not None:
            now = _next_round(now)
            self.view.rounds.append(now)
        task = now.tasks[record.task]
        begun = TaskView(
            id=task.id,
            goal=task.goal,
            agent=task.agent,
            needs=task.needs,
            again=task.again,
            calls=task.calls,
            model_calls=task.model_calls,
            state="running",
            started=record.time,
        )
        now.tasks[record.task] = begun
        return begun

    def _end_node(self, record: NodeEnded) -> None:
        if record.status == "failed" and not self.view.failed_in:
            self.view.failed_in = f"{record.task} {record.node}" if record.task else record.node
        work = self._works.pop(record.span, None)
        if work is None:
            return
        work.seconds, work.error, work.thinking = record.seconds, record.error, 0
        if isinstance(work, TaskView):
            work.state = _STATES[record.status]
        elif isinstance(work, Step):
            work.status = record.status
            _merge(work, self.view.steps)

    def _work_of(self, record: AnyRecord) -> Work | None:
        if record.task and self.view.round is not None:
            return self.view.round.tasks.get(record.task)
        return self._works.get(record.parent) or self._works.get(record.span)

    def _model(self, record: ModelStarted | ModelEnded) -> None:
        work = self._work_of(record)
        if isinstance(record, ModelStarted):
            self.view.model_calls += 1
            if work is not None:
                work.model_calls += 1
                work.thinking += 1
            return
        self.view.input_tokens += record.input_tokens
        self.view.output_tokens += record.output_tokens
        if work is not None:
            work.thinking = max(0, work.thinking - 1)

    def _tool(self, record: ToolStarted | ToolEnded) -> None:
        if isinstance(record, ToolStarted):
            self.view.tool_calls += 1
            work = self._work_of(record)
            if work is not None:
                call = Call(record.tool, record.args, record.time)
                work.calls.append(call)
                self._calls[record.span] = call, work
            return
        if record.status == "interrupted":
            self.view.tool_calls -= 1
        found = self._calls.pop(record.span, None)
        if found is not None:
            call, _ = found
            call.seconds, call.status = record.seconds, record.status
            call.told = record.error or record.result

    def _decide(self, record: Decided) -> None:
        data, depth = record.data, record.place.count("|")
        self._depth = depth if self._depth is None else min(depth, self._depth)
        inside = record.task and self.view.round is None  # a piece of a map: its pace tells
        if depth > self._depth or inside:  # a team inside a task: its task tells how it comes along
            return
        if record.decision == "plan" and "tasks" in data:
            number = self.view.rounds[-1].number + 1 if self.view.rounds else 1
            self.view.rounds.append(_planned(data, record.by, number))
        elif "review" in data and self.view.round is not None:
            self.view.round.verdict = _verdict(record)
            self.view.round.most = int(data.get("max_rounds") or 0)
        elif record.by == "team" and "verdict" in data:
            self.view.answer = dict(data)
        elif record.decision != "reply":
            reason = f": {record.reason}" if record.reason else ""
            self.view.notes.append(f"{record.by}: {record.decision}{reason}")

    def _note(self, record: AnyRecord) -> None:
        is_model = isinstance(record, EffectStarted | EffectEnded) and record.kind == "model"
        told = "" if is_model or isinstance(record, Outcome) else noted(record)
        if told:
            self.view.notes.append(f"{record.task}: {told}" if record.task else told)

    def _ask(self, record: Interrupted) -> None:
        self.view.asked[record.interrupt] = record.value
        task = asked_about(record.value)
        now = self.view.round
        if now is not None and task in now.tasks:
            now.tasks[task].state = "asks"

    def _answered(self, record: Answered) -> None:
        ids = [record.interrupt] if record.interrupt else list(self.view.asked)
        for interrupt in ids:
            task = asked_about(self.view.asked.pop(interrupt, None))
            if self.view.round is not None and task in self.view.round.tasks:
                self.view.round.tasks[task].state = "done"


def _merge(step: Step, steps: list[Step]) -> None:
    """Let one line stand for a step that is done again and again within a node."""
    if step.depth == 0 or step.status != "done" or step.calls or step.model_calls:
        return
    alike = [
        one
        for one in steps[-MANY:]
        if (one.node, one.depth, one.status) == (step.node, step.depth, "done") and not one.calls
    ]
    if len(alike) > FEW:
        first = alike[0]
        first.times += step.times
        first.seconds = (first.seconds or 0.0) + (step.seconds or 0.0)
        del steps[next(i for i in reversed(range(len(steps))) if steps[i] is step)]


def asked_about(value: Any) -> str:
    """The id of the task whose result a person is asked about, empty when it is about none."""
    try:
        return str(value["action_requests"][0]["args"]["task"])
    except (KeyError, IndexError, TypeError):
        return ""


def _planned(data: dict[str, Any], planner: str, number: int) -> Round:
    tasks = {
        str(t["id"]): TaskView(
            id=str(t["id"]),
            goal=str(t.get("goal", "")),
            agent=str(t.get("executor", "")),
            needs=tuple(t.get("needs", ())),
        )
        for t in data["tasks"]
    }
    return Round(number, 0, planner, tasks)


def _verdict(record: Decided) -> Verdict:
    review = record.data["review"]
    return Verdict(
        by=record.by,
        decision=record.decision,
        reason=record.reason,
        checks=tuple(record.data.get("checks", ())),
        rules=dict(record.data.get("rules", {})),
        again={str(r["task"]): str(r["why"]) for r in review.get("revise", ())},
        goes_on=bool(record.data.get("goes_on", True)),
    )


def _next_round(last: Round) -> Round:
    """The round after a review: what was sent back, and all that uses it, waits again."""
    why = dict(last.verdict.again) if last.verdict is not None else {}
    again = set(why)
    while more := {t.id for t in last.tasks.values() if again & {*t.needs}} - again:
        again |= more
    tasks: dict[str, TaskView] = {}
    for task in last.tasks.values():
        if task.id in again:
            said = why.get(task.id) or "it uses a result that is made anew"
            tasks[task.id] = TaskView(
                id=task.id, goal=task.goal, agent=task.agent, needs=task.needs, again=said
            )
        else:
            tasks[task.id] = copy(task)
            tasks[task.id].kept = True
    return Round(last.number + 1, last.most, last.planner, tasks)
