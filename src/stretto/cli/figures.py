"""Draws metrics: a table each for teams, agents, models and tools, and a line for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from stretto.cli.commands import draw_commands
from stretto.cli.words import counted, cut
from stretto.observe.tally import wilson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from stretto.observe.beside import Beside
    from stretto.observe.metrics import Metrics
    from stretto.observe.tally import By, Row, Spent

FEW = 8
"""Rows of each table when all are shown."""
NAME = 16
"""Columns for a name at least."""
NONE = "-"
_COUNTED: dict[By, str] = {
    "team": "runs",
    "agent": "works",
    "version": "works",
    "tool": "calls",
    "model": "calls",
    "node": "times",
}
_ALL: tuple[By, ...] = ("team", "agent", "model", "tool")


def draw_metrics(metrics: Metrics, *, by: By | None, width: int) -> RenderableType:
    """Draw all tables in brief, or the one that is asked for in full.

    Args:
        metrics: What is drawn.
        by: Which table; `None` for all.
        width: Columns of the screen.
    """
    if not metrics.records:
        return _nothing(width, known=bool(metrics.seq))
    kinds = (by,) if by is not None else _shown(metrics)
    parts: list[RenderableType] = []
    for kind in kinds:
        rows = metrics.by(kind)
        parts += _tables(kind, rows, width, most=len(rows) if by is not None else FEW)
    if by is None:
        parts += _lines(metrics)
    return Group(*parts) if parts else Text(f"no {by} has done anything yet", "dim")


def _shown(metrics: Metrics) -> tuple[By, ...]:
    return _ALL if metrics.by("agent") else ("team", "node", "model", "tool")


def _nothing(width: int, *, known: bool) -> RenderableType:
    if known:
        return Text("nothing happened in that time. Give a longer --since, or leave it out.")
    hint = [("stretto run TEAM QUESTION", "makes the first"), ("stretto list", "names the teams")]
    return Group(Text("no runs yet, so nothing to count"), draw_commands("next", hint, width=width))


def _tables(kind: By, rows: Sequence[Row], width: int, *, most: int) -> Iterator[RenderableType]:
    if not rows:
        return
    yield _table(kind, rows[:most], width)
    if len(rows) > most:
        yield Text(f"and {len(rows) - most} more: --by {kind}", "dim")
    judged = [row for row in rows if row.quality.told]
    if judged and (kind in {"team", "version"} or most == len(rows)):
        yield Text("")
        yield _quality(kind, judged[:most], width)
    yield Text("")


def _table(kind: By, rows: Sequence[Row], width: int) -> Table:
    heads = [kind, _COUNTED[kind], "good", "95 %", "p50", "p95", "p99"]
    spends = any(row.spent.calls for row in rows)
    heads += ["tokens", "money"] * spends
    lines = [_cells(row, spends=spends) for row in rows]
    return _grid(heads, lines, [_tint(row) for row in rows], width)


def _cells(row: Row, *, spends: bool) -> list[str]:
    times = [_time(row.latency.at(part)) for part in (0.5, 0.95, 0.99)]
    sure = wilson(row.done, row.count)
    between = NONE if sure is None else f"{sure[0]:.0%}-{sure[1]:.0%}".replace("%-", "-")
    good = NONE if row.success is None else f"{row.success:.0%}"
    found = [row.name, f"{row.count:,}", good, between, *times]
    tokens = row.spent.input_tokens + row.spent.output_tokens
    return [*found, *([_short(tokens), money(row.spent)] if spends else [])]


def _tint(row: Row) -> str:
    return "" if row.success is None or row.success == 1 else "yellow"


def _quality(kind: By, rows: Sequence[Row], width: int) -> Table:
    heads = [
        f"{kind}: quality",
        "answers",
        "accepted",
        "at once",
        "rounds",
        "edits",
        "+/-",
        "cost each",
    ]
    lines = [_judged(row) for row in rows]
    if any(row.quality.scores for row in rows):
        heads.insert(-1, "score")
        for line, row in zip(lines, rows, strict=True):
            said = row.quality
            line.insert(-1, f"{said.score / said.scores:.2g}" if said.scores else NONE)
    return _grid(heads, lines, [""] * len(rows), width)


def _judged(row: Row) -> list[str]:
    said = row.quality
    thumbs = f"{said.up}/{said.down}" if said.up or said.down else NONE
    count = said.answers
    return [
        row.name,
        str(count),
        _part(said.accepted, count),
        _part(said.at_once, count),
        f"{said.rounds / count:.1f}" if count else NONE,
        str(said.edits),
        thumbs,
        _sum(row.each, at_least=row.spent.unpriced > 0),
    ]


def _grid(
    heads: Sequence[str], lines: Sequence[Sequence[str]], tints: Sequence[str], width: int
) -> Table:
    """A table as wide as the screen at most: names are cut where there is no room."""
    rest = sum(
        2 + max(len(head), *(len(line[place]) for line in lines))
        for place, head in enumerate(heads)
        if place
    )
    longest = max(len(heads[0]), *(len(line[0]) for line in lines))
    room = max(NAME, min(longest, width - rest - 1))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=room, no_wrap=True)
    for _ in heads[1:]:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*(Text(head, "bold" if not place else "dim") for place, head in enumerate(heads)))
    for line, tint in zip(lines, tints, strict=True):
        table.add_row(
            Text(cut(line[0], room), "cyan"),
            *(Text(cell, tint if place == 1 else "") for place, cell in enumerate(line[1:])),
        )
    return table


def _lines(metrics: Metrics) -> Iterator[Text]:
    """What is beside the tables, each thing only where there is some."""
    for label, said, style in [*_states(metrics), *_troubles(metrics), *_notes(metrics)]:
        yield Text.assemble((f"{label:<10}", "dim"), (said, style))


def _states(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
    teams = metrics.by("team")
    other: dict[str, int] = {}
    for row in teams:
        for status, count in row.other.items():
            other[status] = other.get(status, 0) + count
    told = [f"{count} {status}" for status, count in sorted(other.items())]
    if running := sum(metrics.running().values()):
        told.insert(0, f"{running} running")
    if killed := sum(row.killed for row in teams):
        told.append(f"{killed} killed, which count as failed")
    if told:
        yield "runs", ", ".join(told), ""
    if metrics.waiting:
        yield "waiting", f"{counted(len(metrics.waiting), 'thread')} for a person", "magenta"


def _troubles(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
    beside, teams = metrics.beside, metrics.by("team")
    retries, fallbacks = sum(r.retries for r in teams), sum(r.fallbacks for r in teams)
    if retries or fallbacks:
        said = f"{retries} retried, {counted(fallbacks, 'fallback')}"
        yield "again", said, ""
    for name, state in beside.breakers.items():
        if state != "closed":
            yield "breaker", f"{name} is {state.replace('_', ' ')}", "bold red"
    yield from _budgets(beside)
    if beside.waits:
        each = (f"{on} {n} times, {_time(s)}" for on, (n, s) in sorted(beside.waits.items()))
        yield "waited", "; ".join(each), ""
    if beside.undone or beside.not_undone:
        said = f"{counted(beside.undone, 'step')}, {beside.not_undone} could not be undone"
        yield "undone", said, "red" if beside.not_undone else ""
    if beside.letters:
        said = f"{counted(len(beside.letters), 'dead letter')} open: stretto dead-letters"
        yield "letters", said, "bold red"


def _budgets(beside: Beside) -> Iterator[tuple[str, str, str]]:
    for (path, unit), use in beside.budgets.items():
        if use.exceeded or use.warned:
            most = "" if use.limit is None else f" of {use.limit:g}"
            times = f"; exceeded {use.exceeded} times" if use.exceeded else ""
            style = "red" if use.exceeded else "yellow"
            yield "budget", f"{path}: {use.used:g}{most} {unit}{times}", style


def _notes(metrics: Metrics) -> Iterator[tuple[str, str, str]]:
    without = [row.name for row in metrics.by("model") if row.spent.unpriced]
    if without:
        named = ", ".join(without[:4]) + (", ..." if len(without) > 4 else "")
        yield "no price", f"{named} (STRETTO_PRICES names a table of prices)", "dim"


def money(spent: Spent) -> str:
    """What was spent: an amount, at least an amount where some calls had no price, or that none."""
    if spent.cost is None:
        return "no price" if spent.unpriced else NONE
    return _sum(spent.cost, at_least=spent.unpriced > 0)


def _sum(amount: float | None, *, at_least: bool) -> str:
    if amount is None:
        return NONE
    said = f"{amount:,.2f}" if amount >= 1 or amount == 0 else f"{amount:.2g}"
    return f">{said}" if at_least else said


def _part(some: int, of: int) -> str:
    return f"{some / of:.0%}" if of else NONE


def _short(count: int) -> str:
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if count >= size:
            shown = count / (1000 if letter == "k" else size)
            return f"{shown:.3g}{letter}" if shown < 1000 else f"{shown:.0f}{letter}"
    return f"{count:,}"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return NONE
    if seconds < 0.0995:
        return f"{seconds * 1000:.0f}ms" if seconds >= 0.001 else "<1ms"
    for size, letter in ((3600, "h"), (120, "min")):
        if seconds >= size:
            return f"{seconds / (60 if letter == 'min' else size):.1f}{letter}"
    return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"
