"""The picture of a page: names beside bars, the axis above, the critical path through them."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from stretto.observe.timeline_rows import Axis, worked
from stretto.observe.timeline_words import count, duration, money, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.observe.timeline import Span, Timeline, Wait
    from stretto.observe.timeline_rows import Row

HEIGHT = 24
"""Of a row, in pixels."""
TOP, THICK = 6, 12
"""Where a bar begins in its row, and how thick it is."""
TICKS = 8
"""Times along the axis, about."""
SIGNS = {
    "failed": "✗",
    "killed": "■",
    "cancelled": "■",
    "stopped": "■",
    "interrupted": "?",
    "running": "…",
    "returned": "↺",
}


class Chart(NamedTuple):
    """A drawn chart."""

    html: str
    data: dict[str, Any]
    """What the script needs: the details of each row, and which rows are below which."""


def chart(line: Timeline, found: Sequence[Row]) -> Chart:
    """Draw the rows of a turn."""
    axis = Axis(line)
    number = {id(row): place for place, row in enumerate(found)}
    above = {number[id(low)]: number[id(row)] for row in found for low in row.below}
    names = "\n".join(_name(place, row) for place, row in enumerate(found))
    bars = "\n".join(_bars(place, row, axis) for place, row in enumerate(found))
    hops = "".join(_hops(line, found, number, axis))
    height = HEIGHT * len(found)
    html = (
        '<div class="tools"><label>find <input type="search" class="find"></label>'
        '<button type="button" class="fold">fold all</button>'
        '<button type="button" class="unfold">unfold all</button>'
        '<button type="button" class="out" aria-label="zoom out">-</button>'
        '<button type="button" class="in" aria-label="zoom in">+</button>'
        '<span class="legend"><i class="path"></i>critical path <i class="work"></i>working '
        '<i class="wait"></i>waiting</span></div>\n'
        f'<div class="chart"><div class="names" role="tree" aria-label="steps">{names}</div>'
        f'<div class="plot"><div class="wide"><svg class="axis" width="100%" height="{HEIGHT}" '
        f'aria-hidden="true">{"".join(_ticks(line, axis, text=True))}</svg>'
        f'<svg class="bars" width="100%" height="{height}" role="presentation">'
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/>'
        '<rect class="line" width="2" height="6"/></pattern></defs>'
        f"{''.join(_ticks(line, axis, text=False))}{''.join(_gaps(axis))}\n{bars}\n"
        f'<g class="hops">{hops}</g></svg></div></div></div>'
    )
    data = {
        "rows": [
            {"up": above.get(place, -1), "title": row.label, "told": _told(line, row)}
            for place, row in enumerate(found)
        ],
        "height": HEIGHT,
    }
    return Chart(html, data)


def _name(place: int, row: Row) -> str:
    sign = SIGNS.get(row.status, "")
    shown = f'<b class="sign {row.status}">{sign}</b>' if sign else ""
    more = f" try {row.attempt}" if row.attempt > 1 else ""
    more += f" for {row.instead}" if row.instead else ""
    said = row.inner.said if row.inner.kind == "tool" else ""
    fold = '<i class="twist">▾</i>' if row.below else '<i class="twist"></i>'
    on_path = " on-path" if row.path else ""
    expanded = ' aria-expanded="true"' if row.below else ""
    return (
        f'<div class="name{on_path}" role="treeitem" data-i="{place}" '
        f'tabindex="{-1 if place else 0}" aria-level="{row.depth + 1}"{expanded} '
        f'style="--depth:{row.depth}">{fold}{shown}<span class="label">{escape(row.label)}</span>'
        f'<em>{escape(more)}</em> <span class="said">{escape(said[:120])}</span>'
        f'<span class="took">{duration(row.span.seconds)}</span></div>'
    )


def _bars(place: int, row: Row, axis: Axis) -> str:
    span = row.span
    parts = [_rect(span.begin, span.end, axis, f"work {row.status}")]
    parts += [_rect(begin, end, axis, "path") for begin, end in _joined(row.path)]
    parts += [_rect(w.begin, w.end, axis, "wait") for w in row.waits]
    title = f"{row.label}, {duration(span.seconds)}, {row.status}"
    return (
        f'<g class="row" data-i="{place}" transform="translate(0,{place * HEIGHT})">'
        f'<title>{escape(title)}</title><rect class="hit" width="100%" height="{HEIGHT}"/>'
        f"{''.join(parts)}</g>"
    )


def _rect(begin: float, end: float, axis: Axis, kind: str) -> str:
    left, right = axis.place(begin) * 100, axis.place(end) * 100
    return (
        f'<rect class="{kind}" x="{left:.3f}%" y="{TOP}" width="{max(right - left, 0.02):.3f}%" '
        f'height="{THICK}"/>'
    )


def _joined(pieces: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Stretches that touch as one."""
    held: tuple[float, float] | None = None
    for begin, end in sorted(pieces):
        if held is not None and begin <= held[1]:
            held = held[0], max(held[1], end)
            continue
        if held is not None:
            yield held
        held = begin, end
    if held is not None:
        yield held


def _hops(
    line: Timeline, found: Sequence[Row], number: dict[int, int], axis: Axis
) -> Iterator[str]:
    """Where the critical path goes from one row to another."""
    row_of = {s.number: number[id(row)] for row in found for s in row.spans}
    before = -1
    for piece in line.path:
        at = piece.activity
        while at > 0 and at not in row_of:
            at = line.spans[at].parent
        row = row_of.get(at, -1)
        if row >= 0 and before >= 0 and row != before:
            x = f"{axis.place(piece.begin) * 100:.3f}%"
            middle = HEIGHT // 2
            yield (
                f'<line class="hop" data-a="{before}" data-b="{row}" x1="{x}" x2="{x}" '
                f'y1="{before * HEIGHT + middle}" y2="{row * HEIGHT + middle}"/>'
            )
        before = row if row >= 0 else before


def ticks(line: Timeline, axis: Axis, most: int) -> list[tuple[float, str]]:
    """Places and words of round times along the axis; a stretch that is drawn short has none."""
    drawn = sum(s.end - s.begin for s in axis.stretches if not s.broken)
    step = round_step(drawn / max(1, most))
    found: list[tuple[float, str]] = [(0.0, "0")]
    for one in axis.stretches:
        if one.broken:
            continue
        first = int((one.begin - line.begin) / step) + 1
        last = int((one.end - line.begin) / step + 1e-9)
        found += [
            (axis.place(line.begin + k * step), duration(k * step)) for k in range(first, last + 1)
        ]
    return found


def round_step(about: float) -> float:
    """A round number of seconds, not less than so many."""
    if about <= 0:
        return 1.0
    if about > 1:
        steps = (2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
        larger = [s for s in steps if s >= about]
        return float(larger[0]) if larger else 3600.0 * -(-about // 3600)
    size = 10.0
    while size / 10 >= about:
        size /= 10
    return next(s for s in (size / 5, size / 2, size) if s >= about)


def _ticks(line: Timeline, axis: Axis, *, text: bool) -> Iterator[str]:
    for place, told in ticks(line, axis, TICKS):
        x = f"{place * 100:.3f}%"
        if text:
            anchor = "end" if place > 0.97 else "start" if place < 0.03 else "middle"
            yield f'<text x="{x}" y="16" text-anchor="{anchor}">{told}</text>'
        else:
            yield f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="100%"/>'


def _gaps(axis: Axis) -> Iterator[str]:
    for one in axis.stretches:
        if one.broken:
            left, width = one.left * 100, (one.right - one.left) * 100
            yield (
                f'<rect class="gap" x="{left:.3f}%" y="0" width="{width:.3f}%" height="100%">'
                f"<title>{duration(one.end - one.begin)}, drawn short</title></rect>"
            )


def _told(line: Timeline, row: Row) -> list[tuple[str, str]]:
    """The details of a row: names and values, as text."""
    inner, span = row.inner, row.span
    told = [
        ("who", row.who),
        ("version", inner.version),
        ("status", row.status),
        ("began", f"{duration(span.begin - line.begin)} after the question"),
        ("took", duration(span.seconds)),
        ("worked", duration(worked(row)) if row.waits else ""),
        *(("waited", _waited(w)) for w in row.waits),
        ("on the critical path", _on_path(line, row)),
        ("could end later by", duration(span.slack) if span.slack >= 0.0005 else ""),
        ("attempt", str(row.attempt) if row.attempt > 1 else ""),
        ("takes over from", row.instead),
        ("tokens", _tokens(row.spans)),
        ("money", money(row.cost)),
        ("calls", ", ".join(inner.calls)),
        ("given" if inner.kind != "model" else "wrote", inner.said),
        ("error", row.error),
        ("spans", " > ".join(f"{s.kind} {s.name}" for s in row.spans)),
        ("id", inner.id),
    ]
    return [(name, value) for name, value in told if value]


def _on_path(line: Timeline, row: Row) -> str:
    return f"{duration(row.own)}, {share(row.own, line.seconds)}" if row.own else ""


def _waited(wait: Wait) -> str:
    name = f" {wait.name}" if wait.name else ""
    return f"{duration(wait.end - wait.begin)} for {wait.on}{name}"


def _tokens(spans: Sequence[Span]) -> str:
    read, written = sum(s.input_tokens for s in spans), sum(s.output_tokens for s in spans)
    return f"{count(read)} read, {count(written)} written" if read or written else ""
