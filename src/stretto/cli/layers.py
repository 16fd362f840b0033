"""Places boxes in layers, and the lines between them.

The layers are Sugiyama's (Sugiyama, Tagawa, Toda 1981), by grandalf. It is given a graph free of
cycles: lines that lead back are turned round for the placing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grandalf.graphs import Edge, Graph, Vertex
from grandalf.layouts import SugiyamaLayout

from stretto.cli.picture import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.cli.picture import Box, Link, Point

GAP_X, GAP_Y = 36.0, 44.0
"""Room between boxes, in pixels; more where labels need it."""
LETTER = 6.5
"""Width of a letter in a label, in pixels."""
ASIDE = 12.0
"""How far two lines that join the same boxes keep from each other's way."""
STEP = 22.0
"""Room between lines that meet the same side of a box, where it is wide enough."""


class _View:
    """What grandalf asks of a vertex's view."""

    def __init__(self, box: Box) -> None:
        self.w, self.h = box.width, box.height
        self.xy: Point = (0.0, 0.0)


class _Way:
    """What grandalf asks of an edge's view: it is told the points that the edge passes."""

    def __init__(self, top: str, bottom: str) -> None:
        self.top, self.bottom = top, bottom
        self.points: list[Point] = []

    def setpath(self, points: Sequence[Sequence[float]]) -> None:
        """Take the middles of the boxes and layers that the edge passes."""
        self.points = [(float(point[0]), float(point[1])) for point in points]


def place(boxes: dict[str, Box], links: Sequence[Link]) -> list[Line]:
    """Give boxes their places, side by side where nothing joins them; give the lines of links.

    `links` join different boxes, two in the same direction at most once.
    """
    back = leading_back(list(boxes), links)
    ways: dict[tuple[str, str], _Way] = {}
    for link in links:
        ends = _ends(link, back)
        ways.setdefault(ends, _Way(*ends))
    layers: list[tuple[float, float]] = []
    longest = max((len(link.label) for link in links), default=0)
    gap = max(GAP_X, longest * LETTER)
    left = 0.0
    for component in _components(boxes, list(ways.values())):
        left = _place_component(component, boxes, left, layers, gap) + GAP_X
    lines = [_line(link, ways[_ends(link, back)], link in back, boxes, layers) for link in links]
    _part_twins(lines)
    _spread(lines, boxes)
    return lines


def _ends(link: Link, back: set[Link]) -> tuple[str, str]:
    """The upper and the lower box that a link joins."""
    return (link.target, link.source) if link in back else (link.source, link.target)


def leading_back(names: Sequence[str], links: Sequence[Link]) -> set[Link]:
    """Give the links that close a circle, found depth first from the start."""
    following: dict[str, list[Link]] = {name: [] for name in names}
    for link in links:
        following[link.source].append(link)
    back: set[Link] = set()
    above: set[str] = set()
    done: set[str] = set()

    def visit(name: str) -> None:
        above.add(name)
        for link in following[name]:
            if link.target in above:
                back.add(link)
            elif link.target not in done:
                visit(link.target)
        above.discard(name)
        done.add(name)

    for name in sorted(names, key=lambda name: name != "__start__"):
        if name not in done:
            visit(name)
    return back


def _components(boxes: dict[str, Box], ways: Sequence[_Way]) -> Sequence[Any]:
    vertices: dict[str, Any] = {name: Vertex(name) for name in boxes}
    for name, vertex in vertices.items():
        vertex.view = _View(boxes[name])
    edges: list[Any] = []
    for way in ways:
        edge: Any = Edge(vertices[way.top], vertices[way.bottom])
        edge.view = way
        edges.append(edge)
    found: Sequence[Any] = Graph(list(vertices.values()), edges).C
    return found


def _place_component(
    component: Any,
    boxes: dict[str, Box],
    left: float,
    layers: list[tuple[float, float]],
    gap: float,
) -> float:
    """Place what is joined, from `left` on; gives where it ends on the right."""
    vertices, ways = list(component.sV), [edge.view for edge in component.sE]
    layout: Any = SugiyamaLayout(component)
    layout.xspace, layout.yspace = gap, GAP_Y if gap == GAP_X else 1.5 * GAP_Y
    layout.init_all(roots=[v for v in vertices if not v.e_in()], inverted_edges=[])
    layout.draw(4)
    passed = [x for way in ways for x, _ in way.points]
    shift = left - min([*(v.view.xy[0] - v.view.w / 2 for v in vertices), *passed])
    for vertex in vertices:
        box = boxes[vertex.data]
        box.x, box.y = vertex.view.xy[0] + shift, vertex.view.xy[1]
    for way in ways:
        way.points = [(x + shift, y) for x, y in way.points]
    for layer in layout.layers:
        real = [boxes[v.data] for v in layer if getattr(v, "data", None) in boxes]
        if real:
            half = max(box.height for box in real) / 2
            layers.append((real[0].y - half, real[0].y + half))
    ends = (boxes[v.data].x + boxes[v.data].width / 2 for v in vertices)
    return float(max([*ends, *(x + shift for x in passed)]))


def _line(
    link: Link,
    way: _Way,
    turned: bool,
    boxes: dict[str, Box],
    layers: Sequence[tuple[float, float]],
) -> Line:
    """Lead a line from border to border, upright through the layers it passes."""
    top, bottom = boxes[way.top], boxes[way.bottom]
    points = [(way.points[0][0], top.y + top.height / 2)]
    for x, y in way.points[1:-1]:
        begin, end = next(((a, b) for a, b in layers if a <= y <= b), (y, y))
        points += [(x, begin), (x, end)]
    points.append((way.points[-1][0], bottom.y - bottom.height / 2))
    return Line(link, points[::-1] if turned else points)


def _part_twins(lines: Sequence[Line]) -> None:
    """Keep lines that join the same two boxes, there and back, from lying upon each other."""
    there = {(line.link.source, line.link.target): line for line in lines}
    for (source, target), line in there.items():
        if (target, source) in there:
            aside = ASIDE if source < target else -ASIDE
            line.points = [(x + aside, y) for x, y in line.points]


def _spread(lines: list[Line], boxes: dict[str, Box]) -> None:
    """Let the lines that meet a side of a box do so beside each other, in the order they come."""
    sides: dict[tuple[str, bool], list[tuple[float, Line, int]]] = {}
    for line in lines:
        for name, end, other in ((line.link.source, 0, 1), (line.link.target, -1, -2)):
            is_below = line.points[end][1] > boxes[name].y
            meeting = sides.setdefault((name, is_below), [])
            meeting.append((line.points[other][0], line, end))
    for (name, _), meeting in sides.items():
        box = boxes[name]
        step = min(STEP, box.width * 0.7 / len(meeting))
        meeting.sort(key=lambda one: one[0])
        for place, (_, line, end) in enumerate(meeting):
            x = box.x + (place - (len(meeting) - 1) / 2) * step
            line.points[end] = (x, line.points[end][1])
