"""Prints a turn as plain lines, one for each thing that happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from stretto.cli.display import Shown, title
from stretto.cli.steps import draw_pace
from stretto.cli.words import arguments, counted, cut, seconds
from stretto.records import AnyRecord, Decided, NodeEnded, NodeStarted, RunStarted, ToolEnded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from stretto.cli.view import Round, View


class Lines(Shown):
    """Prints a line for each thing that happened.

    `plan` says that the graph is known to plan: its own nodes get no lines.
    """

    def __init__(self, console: Console, *, header: bool = True, plan: bool = False) -> None:
        super().__init__(console, header=header)
        self._plan_is_known = plan

    def add(self, record: AnyRecord) -> None:
        """Take in a record and print what it tells, if that is worth a line."""
        before = len(self.view.notes)
        super().add(record)
        notes = self.view.notes[before:]
        match record:
            case RunStarted():
                self.begin(record)
            case Decided() if self.view.round is not None and "tasks" in record.data:
                self._plan(self.view.round)
            case Decided() if self.view.round is not None and "review" in record.data:
                self.review(self.view.round)
            case NodeStarted() if self._is_task(record):
                self._line(record, f"{record.task} {record.node} starts")
            case NodeEnded() if self._is_task(record):
                self._line(record, _ended(record, self.view))
            case NodeEnded(task="") if self._is_step(record):
                self._line(record, self._step(record))
            case ToolEnded():
                self._tool(record)
            case _:
                for note in notes:
                    self._line(record, note)

    def pace(self, told: Mapping[str, Any]) -> None:
        """Print a line at each tenth of a source, or each time it has doubled."""
        name, share = str(told["progress"]), told.get("share")
        before = self.view.paces.get(name, {})
        super().pace(told)
        at, was = (share, before.get("share") or 0.0) if share is not None else (None, None)
        passed = int(at * 10) > int(was * 10) if at is not None and was is not None else False
        doubled = share is None and told["done"].bit_length() > before.get("done", 0).bit_length()
        if passed or doubled:
            self.console.print(Text.assemble(" " * 10, draw_pace(told)))

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(Text(text))

    def _line(self, record: AnyRecord, text: str) -> None:
        at = self.view.seconds + max(0.0, record.time - self.view.started)
        self.console.print(Text(f"{seconds(at):>10}  {text}"))

    def _plan(self, one: Round) -> None:
        self.console.print(Text(title(one)))
        for task in one.tasks.values():
            needs = f" (needs {', '.join(task.needs)})" if task.needs else ""
            self.console.print(Text(f"  {task.id} {task.agent}: {task.goal}{needs}"))

    def _is_step(self, record: NodeEnded) -> bool:
        """Whether it is a node of a graph without a plan, not of its subgraphs."""
        hidden = self._plan_is_known or self.view.round is not None
        return not hidden and "|" not in record.place

    def _step(self, record: NodeEnded) -> str:
        places = (s.place for s in reversed(self.view.steps) if s.node == record.node)
        place = next(places, "")
        told = f"{record.node} {record.status} in {seconds(record.seconds)}"
        return f"step {place}: {told}" if place else told

    def _is_task(self, record: NodeStarted | NodeEnded) -> bool:
        now = self.view.round
        task = now.tasks.get(record.task) if now is not None else None
        return task is not None and task.agent == record.node and record.place.count("|") <= 2

    def _tool(self, record: ToolEnded) -> None:
        who = record.task or record.agent or record.node
        works = [*(self.view.round.tasks.values() if self.view.round else ()), *self.view.steps]
        calls = (c for w in works for c in w.calls if c.seconds == record.seconds)
        args: dict[str, Any] = next((c.args for c in calls if c.tool == record.tool), {})
        failed = f" failed: {cut(record.error, 120)}" if record.status == "failed" else ""
        told = f"{who} {record.tool} {arguments(args)} {seconds(record.seconds)}{failed}"
        self._line(record, told)


def _ended(record: NodeEnded, view: View) -> str:
    task = view.round.tasks[record.task] if view.round is not None else None
    calls = f", {counted(len(task.calls), 'tool call')}" if task is not None and task.calls else ""
    return f"{record.task} {record.status} in {seconds(record.seconds)}{calls}"
