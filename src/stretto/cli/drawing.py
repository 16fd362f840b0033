"""Writes a placed graph as an SVG file: rounded boxes, dashed conditional edges, groups."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from stretto.cli.layout import PAD, TITLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stretto.cli.picture import Box, Line, Picture, Point

MARGIN = 28.0
ARROW = (
    '<marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker>'
)
STYLE = """\
svg { background: #ffffff; font-family: Inter, "Helvetica Neue", Arial, sans-serif; }
.node rect { fill: #f5f3ff; stroke: #7c6fd6; stroke-width: 1.4; }
.node text { font-size: 14px; fill: #1f1b3a; }
.node .role { font-size: 11px; fill: #6b6786; }
.group > rect { fill: #fafafa; stroke: #b9b5cc; stroke-width: 1.2; }
.group > text { font-size: 13px; font-weight: 600; fill: #55506e; }
.start circle { fill: #7c6fd6; }
.end circle { fill: #ffffff; stroke: #7c6fd6; stroke-width: 2; }
.end .dot { fill: #7c6fd6; stroke: none; }
.edge { fill: none; stroke: #6f6a86; stroke-width: 1.4; }
.conditional { stroke-dasharray: 5 4; }
.label { font-size: 11px; fill: #55506e; paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
#arrow path { fill: #6f6a86; }
text { text-anchor: middle; }"""


def svg(picture: Picture, *, title: str = "") -> str:
    """Give the picture as the text of an SVG file."""
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<title>{escape(title)}</title>" if title else "",
        f"<style>{escape(STYLE)}</style>",
        f"<defs>{ARROW}</defs>",
        *_picture(picture, MARGIN, MARGIN),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _picture(picture: Picture, left: float, top: float) -> Iterator[str]:
    for box in picture.boxes.values():
        yield from _box(box, left, top)
    for line in picture.lines:
        yield _edge(line, left, top)
    for line in picture.lines:
        if line.link.label:
            yield _label(line, left, top)


def _box(box: Box, left: float, top: float) -> Iterator[str]:
    x, y = left + box.x, top + box.y
    match box.kind:
        case "start":
            yield f'<g class="start">{_circle(x, y, box.width / 2)}</g>'
        case "end":
            dot = _circle(x, y, box.width / 2 - 6, "dot")
            yield f'<g class="end">{_circle(x, y, box.width / 2 - 1)}{dot}</g>'
        case "node":
            shift = 9 if box.role else 0
            role = _text(x, y + 11, box.role, "role") if box.role else ""
            yield f'<g class="node">{_rect(box, x, y, 10)}{_text(x, y - shift, box.name)}{role}</g>'
        case "group":
            yield from _group(box, x, y)


def _group(box: Box, x: float, y: float) -> Iterator[str]:
    title = y - box.height / 2 + PAD / 2 + TITLE / 2
    yield f'<g class="group">{_rect(box, x, y, 14)}{_text(x, title, box.name)}'
    if box.inner is not None:
        inner_left = x - box.inner.width / 2
        yield from _picture(box.inner, inner_left, y - box.height / 2 + PAD + TITLE)
    yield "</g>"


def _circle(x: float, y: float, radius: float, style: str = "") -> str:
    about = f' class="{style}"' if style else ""
    return f'<circle{about} cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'


def _rect(box: Box, x: float, y: float, radius: float) -> str:
    return (
        f'<rect x="{x - box.width / 2:.1f}" y="{y - box.height / 2:.1f}" '
        f'width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius}"/>'
    )


def _text(x: float, y: float, text: str, style: str = "") -> str:
    about = f' class="{style}"' if style else ""
    return f'<text{about} x="{x:.1f}" y="{y:.1f}" dy=".35em">{escape(text)}</text>'


def _edge(line: Line, left: float, top: float) -> str:
    points = [(left + x, top + y) for x, y in line.points]
    style = "edge conditional" if line.link.conditional else "edge"
    path = _loop(points) if line.is_loop else _curve(points)
    return f'<path class="{style}" d="{path}" marker-end="url(#arrow)"/>'


def _curve(points: list[Point]) -> str:
    """A smooth line through the points that leaves and enters each of them upright."""
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in pairwise(points):
        if abs(x0 - x1) < 1:
            path += f" L{x1:.1f},{y1:.1f}"
        else:
            half = (y0 + y1) / 2
            path += f" C{x0:.1f},{half:.1f} {x1:.1f},{half:.1f} {x1:.1f},{y1:.1f}"
    return path


def _loop(points: list[Point]) -> str:
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    return f"M{x0:.1f},{y0:.1f} C{x1:.1f},{y1:.1f} {x2:.1f},{y2:.1f} {x3:.1f},{y3:.1f}"


def _label(line: Line, left: float, top: float) -> str:
    """Write a label near the lower end of its line, where lines have parted.

    That of a line that leads back stands near the upper end, beside its twin's.
    """
    points = sorted(line.points, key=lambda point: point[1])
    is_back = line.points[0][1] > line.points[-1][1]
    (x0, y0), (x1, y1) = points[:2] if is_back else points[-2:]
    share = 0.4 if is_back else 0.68
    smooth = share * share * (3 - 2 * share)
    return _text(
        left + x0 + (x1 - x0) * smooth, top + y0 + (y1 - y0) * share, line.link.label, "label"
    )
