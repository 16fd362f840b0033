"""The figures of a page: what a turn took in all, its slowest steps, its runs, what was decided."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from stretto.observe.timeline_rows import slowest, worked
from stretto.observe.timeline_words import count, duration, money, share, size

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.observe.timeline import Timeline
    from stretto.observe.timeline_rows import Row

SLOWEST = 15
"""Rows of the table of slow steps."""
MARKS = 500
"""Rows of the table of what was decided."""


def cards(line: Timeline) -> str:
    """What the turn took, in a few large figures."""
    mean = line.busy / line.working if line.working else 0.0
    tokens = sum(span.tokens for span in line.spans)
    memory = max((run.memory for run in line.runs), default=0)
    cpu = sum(run.cpu for run in line.runs)
    told = [
        ("in all", duration(line.seconds), ""),
        ("working", duration(line.working), "work"),
        ("waiting", duration(line.waiting) if line.waiting >= 0.0005 else "", "wait"),
        ("nobody at it", duration(line.idle) if line.idle >= 0.0005 else "", "idle"),
        ("at once", f"{mean:.1f}, at most {line.most}" if line.most > 1 else "", ""),
        ("model calls", str(len(line.calls("model")) or ""), ""),
        ("tool calls", str(len(line.calls("tool")) or ""), ""),
        ("retries", str(line.retries or ""), "odd"),
        ("tokens", count(tokens) if tokens else "", ""),
        ("money", money(line.money()), ""),
        ("CPU", duration(cpu) if cpu else "", ""),
        ("peak memory", size(memory), ""),
    ]
    made = "".join(
        f'<div class="card {kind}"><dt>{name}</dt><dd>{escape(value)}</dd></div>'
        for name, value, kind in told
        if value
    )
    return f'<dl class="cards">{made}</dl>'


def slow_table(line: Timeline, found: Sequence[Row]) -> str:
    """The slowest steps."""
    heads = ("step", "worked", "share", "on path", "waited", "slack", "tokens", "money")
    body = [
        (
            f"{'' if row.who in row.label else row.who} {row.label}".strip()
            + (f" try {row.attempt}" if row.attempt > 1 else ""),
            duration(worked(row)),
            share(worked(row), line.seconds),
            duration(row.own) if row.own else "",
            duration(sum(w.end - w.begin for w in row.waits)) if row.waits else "",
            "" if row.own or row.span.slack < 0.0005 else duration(row.span.slack),
            count(row.tokens) if row.tokens else "",
            money(row.cost),
        )
        for row in slowest(found, SLOWEST)
    ]
    return _table("slowest steps", heads, body, open_=True)


def runs_table(line: Timeline) -> str:
    """The runs, with what each cost its machine."""
    heads = ("run", "status", "began", "took", "CPU", "peak memory", "error")
    body = [
        (
            run.id,
            run.status,
            duration(run.begin - line.begin),
            duration(run.seconds),
            duration(run.cpu) if run.cpu else "",
            size(run.memory),
            run.error[:300],
        )
        for run in line.runs
    ]
    return _table("runs", heads, body, open_=len(body) > 1)


def marks_table(line: Timeline) -> str:
    """What was decided, handed over, tried again, asked and judged."""
    body = [(duration(max(0.0, mark.time - line.begin)), mark.text) for mark in line.marks[:MARKS]]
    return _table("what was decided", ("after", ""), body, open_=False)


def _table(title: str, heads: Sequence[str], body: Iterable[Sequence[str]], *, open_: bool) -> str:
    """A table that can be folded; columns in which nothing stands are left out."""
    filled = list(body)
    if not filled:
        return ""
    kept = [k for k in range(len(heads)) if any(row[k] for row in filled)]
    head = "".join(f"<th>{escape(heads[k])}</th>" for k in kept)
    lines = "".join(
        f"<tr>{''.join(f'<td>{escape(row[k])}</td>' for k in kept)}</tr>\n" for row in filled
    )
    return (
        f"<details{' open' if open_ else ''}><summary>{title}</summary>"
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></details>"
    )
