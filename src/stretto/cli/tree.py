"""Draws a round of a plan as a tree of tasks, with agent, tool calls, time and overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from stretto.cli.words import arguments, counted, cut, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.cli.view import Call, Round, TaskView, Work

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
MARKS = {
    "waiting": ("·", "dim"),
    "done": ("✓", "green"),
    "failed": ("✗", "bold red"),
    "asks": ("?", "bold magenta"),
    "stopped": ("■", "yellow"),
    "cancelled": ("■", "yellow"),
    "interrupted": ("?", "bold magenta"),
}
CALLS = 6
"""Tool calls shown of a task that has ended; of a running one the last."""
BAR = 16
ROOMY = 100
"""Columns from which there is room for the bars."""


def mark(state: str, now: float) -> Text:
    """The sign of a state; of what runs, a spinner."""
    if state == "running":
        return Text(SPINNER[int(now * 10) % len(SPINNER)], "cyan")
    sign, style = MARKS.get(state, ("·", "dim"))
    return Text(sign, style)


def draw_round(one: Round, now: float, *, width: int, live: bool = False) -> Table:
    """Draw the tasks of a round that are not kept from an earlier one.

    Args:
        one: The round.
        now: Seconds since the epoch.
        width: Columns of the screen.
        live: Keep each task to a line or two, because it is drawn again and again.
    """
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="cyan", max_width=20)
    table.add_column(ratio=1, no_wrap=live, overflow="ellipsis" if live else "fold")
    table.add_column(justify="right", no_wrap=True)
    bars = width >= ROOMY
    if bars:
        table.add_column(no_wrap=True, width=BAR)
    table.expand = True
    begin, end = _span(one, now)
    for task, stem, below in _branches(one):
        cells = [
            Text.assemble((stem, "dim"), mark(task.state, now), f" {task.id}"),
            Text(task.agent),
            _goal(task),
            Text(_time(task, now), "dim"),
        ]
        bar = [_bar(task, begin, end, now)] if bars else []
        table.add_row(*cells, *bar)
        for line in _below(task, now, live=live):
            table.add_row(Text(below, "dim"), "", line, *[""] * (2 if bars else 1))
    return table


def _branches(one: Round) -> Iterator[tuple[TaskView, str, str]]:
    """The tasks depth first, each below the last task it needs, with the guides before it."""
    shown = {i: t for i, t in one.tasks.items() if not t.kept}
    children: dict[str, list[TaskView]] = {}
    for task in shown.values():
        above = next((n for n in reversed(task.needs) if n in shown), "")
        children.setdefault(above, []).append(task)

    def walk(above: str, guide: str) -> Iterator[tuple[TaskView, str, str]]:
        tasks = children.get(above, [])
        for task in tasks:
            last = task is tasks[-1]
            below = guide + ("   " if last else "│  ")
            has_children = task.id in children
            yield task, guide + ("└─ " if last else "├─ "), below + ("│  " if has_children else "")
            yield from walk(task.id, below)

    yield from walk("", "")


def _goal(task: TaskView) -> Text:
    needs = f"(needs {', '.join(task.needs)}) " if len(task.needs) > 1 else ""
    return Text.assemble(
        (needs, "italic"), task.goal, style="dim" if task.state == "waiting" else ""
    )


def _time(task: TaskView, now: float) -> str:
    if task.started is None:
        return "waits" if task.state == "waiting" else ""
    return seconds(task.elapsed(now))


def _below(task: TaskView, now: float, *, live: bool) -> Iterator[Text]:
    if task.again and not live:
        yield Text(f"again: {task.again}", "yellow")
    if task.state == "waiting" and not task.calls:
        return
    if live:
        if task.state == "running":
            yield _doing(task, now)
        return
    for call in task.calls[:CALLS]:
        yield draw_call(call, now)
    if len(task.calls) > CALLS:
        yield Text(f"and {counted(len(task.calls) - CALLS, 'tool call')} more", "dim")
    if task.state == "failed" and task.error:
        yield Text(cut(task.error, 300), "red")
    if task.state == "stopped":
        yield Text("not finished", "yellow")
    if task.state == "asks":
        yield Text("waits for a person", "magenta")


def _doing(work: Work, now: float) -> Text:
    running = [call for call in work.calls if call.seconds is None]
    count = f"  {counted(len(work.calls), 'tool call')}" if work.calls else ""
    if running:
        return draw_call(running[-1], now).append(count, "dim")
    return Text(f"{'thinking' if work.thinking else 'working'}{count}", "dim")


def draw_call(call: Call, now: float) -> Text:
    """Draw a tool call on a line: its name, arguments and time, and what went wrong."""
    line = Text.assemble((call.tool, "blue"), " ", (arguments(call.args), "dim"))
    took = call.seconds if call.seconds is not None else max(0.0, now - call.started)
    line.append(f"  {seconds(took)}", "dim")
    if call.status == "failed":
        line.append(f"  failed: {cut(call.told, 120)}", "red")
    elif call.status == "cancelled":
        line.append("  cut off", "yellow")
    return line


def _span(one: Round, now: float) -> tuple[float, float]:
    begun = [t for t in one.tasks.values() if t.started is not None and not t.kept and not t.before]
    starts = [t.started for t in begun if t.started is not None]
    ends = [(t.started or 0.0) + t.elapsed(now) for t in begun]
    return (min(starts), max(ends)) if starts else (now, now)


def _bar(task: TaskView, begin: float, end: float, now: float) -> Text:
    """When the task ran within the round: bars beside each other ran at once."""
    if task.before:
        return Text("done before", "dim")
    if task.started is None or end <= begin:
        return Text()
    scale = BAR / (end - begin)
    left = min(BAR - 1, int((task.started - begin) * scale))
    size = max(1, min(BAR - left, round(task.elapsed(now) * scale)))
    style = "cyan" if task.state == "running" else "green" if task.state == "done" else "yellow"
    return Text.assemble(" " * left, ("━" * size, style))
