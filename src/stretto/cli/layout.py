"""Lays a graph out level by level: each subgraph is a box around its own layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.cli.layers import place
from stretto.cli.picture import Box, Line, Link, Node, Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.cli.picture import Kind

LETTER = 7.6
"""Width of a letter in a label, in pixels."""
HEIGHT, ROLE_HEIGHT, DOT = 40.0, 56.0, 28.0
ROLE = 40
"""Letters shown of a role."""
PAD, TITLE = 20.0, 22.0
"""Room within a group, and for its title."""


def arrange(nodes: Sequence[Node], links: Sequence[Link]) -> Picture:
    """Place a graph; positions are in pixels from the top left."""
    boxes = _boxes(nodes, links)
    outer = [_lifted(link) for link in links]
    loops = [one for one in outer if one.source == one.target]
    between = {(one.source, one.target): one for one in outer if one.source != one.target}
    picture = Picture(boxes)
    if boxes:
        picture.lines = place(boxes, list(between.values()))
        picture.lines += _loops(boxes, links, loops)
    _shift(picture)
    return picture


def _first(identity: str) -> str:
    return identity.partition(":")[0]


def _lifted(link: Link) -> Link:
    return Link(_first(link.source), _first(link.target), link.label, link.conditional)


def _boxes(nodes: Sequence[Node], links: Sequence[Link]) -> dict[str, Box]:
    members: dict[str, list[Node]] = {}
    for node in nodes:
        members.setdefault(_first(node.id), []).append(node)
    return {name: _box(name, found, links) for name, found in members.items()}


def _box(name: str, members: Sequence[Node], links: Sequence[Link]) -> Box:
    if len(members) == 1 and members[0].id == name:
        return _leaf(members[0])
    inside = [Node(n.id.partition(":")[2], n.name, n.role) for n in members]
    prefix = f"{name}:"
    own = [
        Link(k.source.removeprefix(prefix), k.target.removeprefix(prefix), k.label, k.conditional)
        for k in links
        if k.source.startswith(prefix) and k.target.startswith(prefix) and not _goes_round(k)
    ]
    inner = arrange(inside, own)
    width = max(inner.width, len(name) * LETTER) + 2 * PAD
    return Box(name, name, "", "group", width, inner.height + 2 * PAD + TITLE, inner=inner)


def _goes_round(link: Link) -> bool:
    """Whether an edge leads from the end of a subgraph to its start: the group as a whole loops."""
    return link.source.endswith(":__end__") and link.target.endswith(":__start__")


def _leaf(node: Node) -> Box:
    if node.name in {"__start__", "__end__"}:
        kind: Kind = "start" if node.name == "__start__" else "end"
        return Box(node.id, node.name.strip("_"), "", kind, DOT, DOT)
    role = node.role if len(node.role) <= ROLE else f"{node.role[: ROLE - 1].rstrip()}…"
    letters = max(len(node.name), len(role) * 0.8)
    height = ROLE_HEIGHT if role else HEIGHT
    return Box(node.id, node.name, role, "node", letters * LETTER + 36, height)


def _loops(boxes: dict[str, Box], links: Sequence[Link], loops: Sequence[Link]) -> list[Line]:
    """The lines of nodes and groups that lead to themselves."""
    found: list[Line] = []
    for one in dict.fromkeys(loop.source for loop in loops):
        box = boxes[one]
        own = [k for k in links if _first(k.source) == one == _first(k.target)]
        round_ = [k for k in own if k.source == k.target or _goes_round(k)]
        round_ = [k for k in round_ if box.inner is None or _goes_round(k)]
        if round_:
            x, y = box.x + box.width / 2, box.y
            loop = [(x, y - 9), (x + 26, y - 9), (x + 26, y + 9), (x, y + 9)]
            found.append(Line(Link(one, one, "", round_[0].conditional), loop, is_loop=True))
    return found


def _shift(picture: Picture) -> None:
    """Let the picture begin at (0, 0), and measure it."""
    boxes, lines = picture.boxes.values(), picture.lines
    xs = [b.x + s * b.width / 2 for b in boxes for s in (-1, 1)]
    ys = [b.y + s * b.height / 2 for b in boxes for s in (-1, 1)]
    xs += [x for line in lines for x, _ in line.points]
    ys += [y for line in lines for _, y in line.points]
    if not xs:
        return
    left, top = min(xs), min(ys)
    for box in boxes:
        box.x, box.y = box.x - left, box.y - top
    for line in lines:
        line.points = [(x - left, y - top) for x, y in line.points]
    picture.width, picture.height = max(xs) - left, max(ys) - top
