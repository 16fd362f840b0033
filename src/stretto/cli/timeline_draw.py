"""Draws a turn on the screen: a row for each step with a bar over time, then what was slow."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stretto.cli.words import counted, cut
from stretto.observe.page_chart import ticks
from stretto.observe.timeline_rows import Axis, important, rows, slowest, worked
from stretto.observe.timeline_words import STATUS, count, duration, money, share, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from stretto.observe.timeline import Mark, Span, Timeline
    from stretto.observe.timeline_rows import Row

ROWS = 40
"""Rows of the picture, unless all are asked for."""
SLOWEST = 8
"""Rows of the table of slow steps."""
UNDOING = frozenset({"compensation_started", "compensated", "dead_lettered", "letter_closed"})
"""What is told of undoing, by the types of its records."""
NAMES = 0.34
"""What the names take of the width."""
ON_PATH, WORK, WAIT, BROKEN = "█", "━", "╌", "≈"
STYLES = {ON_PATH: "bold yellow", WORK: "cyan", WAIT: "magenta", BROKEN: "dim"}
SIGNS = {
    "failed": ("✗", "bold red"),
    "killed": ("■", "bold red"),
    "cancelled": ("■", "yellow"),
    "stopped": ("■", "yellow"),
    "interrupted": ("?", "bold magenta"),
    "running": ("…", "cyan"),
    "returned": ("↺", "green"),
}
ON = {
    "person": "a person",
    "nobody": "nobody was at it",
    "needs": "needs",
    "slot": "a free slot",
    "retry": "before a retry",
    "bulkhead": "bulkhead",
    "rate": "rate",
    "budget": "budget",
    "lock": "a lock",
}


def draw_timeline(
    line: Timeline, *, width: int, everything: bool = False, head: bool = True
) -> RenderableType:
    """Draw a turn.

    Args:
        line: The turn.
        width: Columns of the screen.
        everything: All rows, however many.
        head: Whether to name thread and team.
    """
    found = rows(line)
    shown = found if everything else important(found, ROWS)
    parts: list[RenderableType] = [*_head(line, named=head)]
    if shown:
        parts += [Text(), _picture(line, shown, width), *_left(found, shown), _legend(shown, width)]
    if undone := [mark for mark in line.marks if mark.kind in UNDOING]:
        parts += [Text("\nundoing", "bold"), _undone(line, undone)]
    if slow := slowest(found, SLOWEST):
        parts += [Text("\nslowest steps", "bold"), _slow(line, slow, width)]
    if runs := line.runs:
        title = "run" if len(runs) == 1 else "runs"
        parts += [Text(f"\n{title}", "bold"), _runs(line, runs)]
    return Group(*parts)


def _head(line: Timeline, *, named: bool) -> Iterable[Text]:
    if named:
        yield Text.assemble(
            (line.team or "a run", "bold cyan"),
            " ",
            (STATUS.get(line.status, line.status), "bold"),
            (f"  turn {line.turn} of thread {line.thread}", "dim"),
        )
    if line.question:
        yield Text(cut(line.question, 300), "italic")
    sums = [f"{duration(line.seconds)} in all", f"{duration(line.working)} working"]
    if line.waiting > 0.0005:
        sums.append(f"{duration(line.waiting)} waiting{_for(line)}")
    if line.idle > 0.0005:
        sums.append(f"{duration(line.idle)} with nobody at it")
    if line.most > 1:
        mean = line.busy / line.working if line.working else 0.0
        sums.append(f"{line.most} at once at most, {mean:.1f} on average")
    yield Text(" · ".join(sums))
    for ask in line.asks:
        yield Text(f"asks a person since {duration(ask.end - ask.begin)} ({ask.name})", "magenta")
    if line.shifted:
        said = f"the clock went back {duration(line.shifted)}; what came after is moved forward"
        yield Text(said, "yellow")


def _for(line: Timeline) -> str:
    """What the turn waited for most."""
    sums: dict[str, float] = {}
    for span in line.spans:
        for wait in span.waits:
            if wait.on not in {"nobody", "needs", "slot"}:
                what = ON[wait.on] if wait.on in {"person", "retry"} else f"{wait.on} {wait.name}"
                sums[what] = sums.get(what, 0.0) + wait.end - wait.begin
    if not sums:
        return ""
    most = max(sums, key=lambda what: sums[what])
    return f" ({most})" if most.startswith("before") else f" for {most}"


def _picture(line: Timeline, shown: Sequence[Row], width: int) -> Table:
    axis = Axis(line)
    names = max(16, min(int(width * NAMES), 44, max(_wide(row) for row in shown)))
    bars = max(16, width - names - 10 - 5 - 3)
    table = Table.grid(padding=(0, 1))
    table.add_column(width=names, no_wrap=True, overflow="ellipsis")
    table.add_column(width=bars, no_wrap=True)
    table.add_column(width=10, justify="right", no_wrap=True)
    table.add_column(width=5, justify="right", no_wrap=True)
    table.add_row(Text("step", "dim"), _scale(line, axis, bars), *_dim("took", "path"))
    for row in shown:
        on_path = share(row.own, line.seconds)
        table.add_row(
            _name(row),
            _bar(row, axis, bars),
            Text(duration(row.span.seconds), "" if row.path else "dim"),
            Text(on_path, "bold yellow" if on_path else ""),
        )
    told = any(row.span.kind == "run" for row in shown)
    between = share(sum(run.on_path for run in line.runs), line.seconds)
    if between and not told:
        said = Text("between steps", "dim")
        table.add_row(said, Text(), Text(), Text(between, "dim"))
    return table


def _dim(*words: str) -> list[Text]:
    return [Text(word, "dim") for word in words]


def _wide(row: Row) -> int:
    return _name(row).cell_len


def _name(row: Row) -> Text:
    sign, style = SIGNS.get(row.status, ("", ""))
    text = Text("  " * row.depth)
    if sign:
        text.append(f"{sign} ", style)
    text.append(row.label, "bold" if row.path else "")
    if row.attempt > 1:
        text.append(f" try {row.attempt}", "bold yellow")
    if row.instead:
        text.append(f" for {row.instead}", "yellow")
    if row.inner.kind == "tool" and row.inner.said:
        text.append(f" {cut(row.inner.said, 60)}", "dim")
    return text


def _bar(row: Row, axis: Axis, width: int) -> Text:
    """The bar of a row: a cell shows the path before work, and work before waiting."""
    cells = [" "] * width

    def paint(begin: float, end: float, sign: str) -> None:
        first = min(width - 1, int(axis.place(begin) * width))
        last = max(first + 1, min(width, round(axis.place(end) * width)))
        cells[first:last] = [sign] * (last - first)

    span = row.span
    paint(span.begin, span.end, WORK)
    for begin, end in row.path:
        paint(begin, end, ON_PATH)
    for wait in row.waits:
        if axis.place(wait.end) - axis.place(wait.begin) > 0.5 / width:
            paint(wait.begin, wait.end, WAIT)
    for one in axis.stretches:
        if one.broken and span.begin <= one.begin and one.end <= span.end:
            cells[min(width - 1, int((one.left + one.right) / 2 * width))] = BROKEN
    text = Text()
    for cell, several in groupby(cells):
        text.append("".join(several), STYLES.get(cell, ""))
    return text


def _scale(line: Timeline, axis: Axis, width: int) -> Text:
    """Times along the top, as many as there is room for."""
    cells = [" "] * width
    end = duration(line.seconds)
    cells[width - len(end) :] = end
    for place, told in ticks(line, axis, width // 14):
        at = int(place * width)
        room = cells[max(0, at - 1) : at + len(told) + 1]
        if at + len(told) < width and all(cell == " " for cell in room):
            cells[at : at + len(told)] = told
    return Text("".join(cells), "dim")


def _legend(shown: Sequence[Row], width: int) -> Text:
    """What the signs mean, on as many lines as it takes."""
    words = ((ON_PATH, "on the critical path"), (WORK, "working"), (WAIT, "waiting"))
    said = [Text.assemble((sign * 2, STYLES[sign]), (f" {told}", "dim")) for sign, told in words]
    told_of = {
        "failed": "failed",
        "killed": "cut off",
        "cancelled": "cancelled",
        "interrupted": "asked a person",
        "returned": "given back, not done again",
        "running": "runs",
    }
    there = {row.status for row in shown}
    for status, told in told_of.items():
        if status in there:
            sign, style = SIGNS[status]
            said.append(Text.assemble((sign, style), (f" {told}", "dim")))
    lines: list[Text] = [Text()]
    for each in said:
        if lines[-1].cell_len + 3 + each.cell_len > min(width, 80) or not lines[-1]:
            lines.append(each)
        else:
            lines[-1].append("   ").append_text(each)
    return Text("\n").join(lines)


def _undone(line: Timeline, marks: Sequence[Mark]) -> Table:
    """What was undone and what was not, each with its time since the turn began."""
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for mark in marks:
        style = "red" if mark.kind == "dead_lettered" else ""
        after = duration(max(0.0, mark.time - line.begin))
        table.add_row(Text(after, "dim"), Text(cut(mark.text, 300), style))
    return table


def _left(found: Sequence[Row], shown: Sequence[Row]) -> Iterable[Text]:
    if more := len(found) - len(shown):
        said = f"and {counted(more, 'step')} more off the path; --all-steps draws them"
        yield Text(said, "dim")


def _slow(line: Timeline, slow: Sequence[Row], width: int) -> Table:
    table = Table.grid(padding=(0, 2))
    priced = any(row.cost is not None for row in slow)
    tokens = any(row.tokens for row in slow)
    wide = width >= 100
    heads = ["step", "worked", "share", "on path", *(["waited", "slack"] if wide else [])]
    heads += [*(["tokens"] if tokens else []), *(["money"] if priced else [])]
    for place, head in enumerate(heads):
        table.add_column(
            head, justify="right" if place else "left", no_wrap=True, overflow="ellipsis"
        )
    table.add_row(*_dim(*heads))
    for row in slow:
        waited = sum(w.end - w.begin for w in row.waits)
        cells = [
            _full_name(row, 46 if wide else 30),
            Text(duration(worked(row))),
            Text(share(worked(row), line.seconds)),
            Text(duration(row.own) if row.own else "", "yellow"),
        ]
        if wide:
            free = "" if row.own or row.span.slack < 0.0005 else duration(row.span.slack)
            cells += [Text(duration(waited) if waited else "", "magenta"), Text(free, "dim")]
        if tokens:
            cells.append(Text(count(row.tokens) if row.tokens else ""))
        if priced:
            cells.append(Text(money(row.cost)))
        table.add_row(*cells)
    return table


def _full_name(row: Row, most: int) -> Text:
    who = "" if row.who in row.label else f"{row.who} "
    text = Text(cut(f"{who}{row.label}", most))
    if row.attempt > 1:
        text.append(f" try {row.attempt}", "bold yellow")
    if row.status in {"failed", "killed", "cancelled"}:
        text.append(f" {row.status}", "red")
    return text


def _runs(line: Timeline, runs: Sequence[Span]) -> Table:
    table = Table.grid(padding=(0, 2))
    heads = ["", "began", "took", "cpu", "memory", "model calls", "tools", "retries", "tokens"]
    priced = line.money() is not None
    heads += ["money"] if priced else []
    for place, _ in enumerate(heads):
        table.add_column(justify="left" if place == 0 else "right", no_wrap=True)
    table.add_row(*_dim(*heads))
    for run in runs:
        mine = [s for s in line.spans if s.run == run.id and run.begin <= s.begin <= run.end]
        costs = [s.cost for s in mine if s.cost is not None]
        cells = [
            run.status if run.status != "killed" else "cut off",
            duration(run.begin - line.begin) if run.begin > line.begin else "0",
            duration(run.seconds),
            duration(run.cpu) if run.cpu else "",
            size(run.memory),
            str(sum(s.kind == "model" for s in mine)),
            str(sum(s.kind == "tool" for s in mine)),
            str(sum(s.attempt > 1 for s in mine) or ""),
            count(sum(s.tokens for s in mine)),
        ]
        table.add_row(*cells, *([money(sum(costs) if costs else None)] if priced else []))
    return table
