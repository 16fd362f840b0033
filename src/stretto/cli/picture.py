"""A graph as it is to be drawn: boxes within boxes, and the lines between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Point = tuple[float, float]
Kind = Literal["node", "start", "end", "group"]


@dataclass(frozen=True, slots=True)
class Node:
    """A node to place; the parts of its id between colons are the subgraphs it is in."""

    id: str
    name: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """An edge to draw."""

    source: str
    target: str
    label: str = ""
    conditional: bool = False


@dataclass(slots=True)
class Box:
    """A placed node or group; `x` and `y` are its middle, within the picture that holds it."""

    id: str
    name: str
    role: str
    kind: Kind
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    inner: Picture | None = None


@dataclass(slots=True)
class Line:
    """A placed edge: the points it passes."""

    link: Link
    points: list[Point]
    is_loop: bool = False


@dataclass(slots=True)
class Picture:
    """Boxes and lines within a width and a height."""

    boxes: dict[str, Box] = field(default_factory=dict[str, Box])
    lines: list[Line] = field(default_factory=list[Line])
    width: float = 0.0
    height: float = 0.0
