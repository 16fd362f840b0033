"""The rows in which a turn is shown: its spans without those that say nothing of their own.

LangGraph wraps: a task runs a graph with one node, which runs an agent, whose node `model` makes
one call. A span with a single one in it is shown together with that, in one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stretto.observe.timeline import Span, Timeline, Wait

START = "__start__"
"""The node in which LangGraph takes a graph's input."""
PLAIN = frozenset({"model", "tools", "agent", START})
"""Names of nodes that say no more than the call in them."""
CALLS = frozenset({"model", "tool", "effect"})


@dataclass(slots=True, eq=False)
class Row:
    """One or several spans, each in the one before it, shown as one."""

    spans: tuple[Span, ...]
    """The outermost first."""
    depth: int = 0
    below: list[Row] = field(default_factory=list["Row"])
    path: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """When the critical path went through it or what is below it."""
    own: float = 0.0
    """Seconds of its own on the critical path."""

    @property
    def span(self) -> Span:
        """The outermost."""
        return self.spans[0]

    @property
    def inner(self) -> Span:
        """The innermost: the call, where there is one."""
        return self.spans[-1]

    @property
    def label(self) -> str:
        """The names of its spans, each once."""
        if self.span.kind == "run":
            return "run"
        if self.span.kind == "gap":
            wait = self.waits[0]
            return f"asks {wait.name or 'a person'}" if wait.on == "person" else "nobody at it"
        names = [s.name for s in self.spans if s.name not in PLAIN or s.kind in CALLS]
        return " ".join(dict.fromkeys(names or [self.span.name]))

    @property
    def status(self) -> str:
        """How it ended: as the outermost of its spans that did not just end well."""
        statuses = [s.status for s in self.spans]
        return next((s for s in statuses if s not in {"done", "returned"}), statuses[-1])

    @property
    def error(self) -> str:
        """Why it failed."""
        return next((s.error for s in reversed(self.spans) if s.error), "")

    @property
    def attempt(self) -> int:
        """Which try it is."""
        return max(s.attempt for s in self.spans)

    @property
    def instead(self) -> str:
        """Who failed before it took over."""
        return next((s.instead for s in self.spans if s.instead), "")

    @property
    def waits(self) -> list[Wait]:
        """What its spans waited for."""
        return [w for s in self.spans for w in s.waits]

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return sum(s.tokens for s in self.spans)

    @property
    def cost(self) -> float | None:
        """What it cost; `None` without a price."""
        costs = [s.cost for s in self.spans if s.cost is not None]
        return sum(costs) if costs else None

    @property
    def who(self) -> str:
        """The task, and the agent or the node, that it is part of."""
        agent = self.inner.agent or (self.inner.node if self.inner.kind in CALLS else "")
        known = (self.inner.task, agent if agent not in PLAIN else "")
        return " ".join(part for part in known if part)


class Stretch(NamedTuple):
    """A stretch of time, and where it is drawn."""

    begin: float
    end: float
    left: float
    """From 0 to 1."""
    right: float
    broken: bool
    """Whether it is drawn shorter than it was."""


class Axis:
    """Maps times to places from 0 to 1; long waits between runs are drawn short."""

    BREAK = 0.1
    """What a wait between runs takes at most, as a share of all the runs."""

    def __init__(self, line: Timeline) -> None:
        gaps = sorted((s.begin, s.end) for s in line.spans if s.kind == "gap")
        at, parts = line.begin, list[tuple[float, float, bool]]()
        for begin, end in gaps:
            if begin >= at:
                parts += [(at, begin, False), (begin, end, True)]
                at = end
        parts.append((at, max(at, line.end), False))
        worked = sum(end - begin for begin, end, gap in parts if not gap)
        most = worked * self.BREAK or 1.0
        lengths = [min(end - begin, most) if gap else end - begin for begin, end, gap in parts]
        whole = sum(lengths) or 1.0
        self.stretches: list[Stretch] = []
        left = 0.0
        for (begin, end, gap), length in zip(parts, lengths, strict=True):
            right = left + length / whole
            if end > begin:
                self.stretches.append(
                    Stretch(begin, end, left, right, gap and length < end - begin)
                )
            left = right
        self._begins = [s.begin for s in self.stretches]

    def place(self, time: float) -> float:
        """Where a time is drawn."""
        from bisect import bisect_right

        at = bisect_right(self._begins, time) - 1
        if at < 0:
            return 0.0
        one = self.stretches[at]
        within = min(1.0, (time - one.begin) / (one.end - one.begin))
        return one.left + within * (one.right - one.left)


def rows(line: Timeline) -> list[Row]:
    """The rows of a turn, outer ones before those below them, in the order of their beginnings.

    A turn of one run has no row for the run.
    """
    inner: dict[int, list[Span]] = {}
    for span in line.spans[1:]:
        if span.name != START or span.status == "failed":
            inner.setdefault(span.parent, []).append(span)
    top = sorted(inner.get(0, ()), key=lambda s: (s.begin, s.number))
    row_of: dict[int, Row] = {}
    found: list[Row] = []
    if len(top) == 1 and top[0].kind == "run":
        top = inner.get(top[0].number, [])
    waiting = [(span, 0, None) for span in reversed(top)]
    stack: list[tuple[Span, int, Row | None]] = list(waiting)
    while stack:
        span, depth, above = stack.pop()
        chain = _chain(span, inner)
        row = Row(tuple(chain), depth)
        found.append(row)
        row_of.update((s.number, row) for s in chain)
        if above is not None:
            above.below.append(row)
        below = sorted(inner.get(chain[-1].number, ()), key=lambda s: (s.begin, s.number))
        stack += [(s, depth + 1, row) for s in reversed(below)]
    _paths(line, row_of)
    return found


def _chain(span: Span, inner: dict[int, list[Span]]) -> list[Span]:
    chain = [span]
    while chain[-1].kind == "node":
        below = inner.get(chain[-1].number, [])
        if len(below) != 1 or (below[0].attempt > 1 and below[0].kind == "node"):
            break
        chain.append(below[0])
    return chain


def _paths(line: Timeline, row_of: dict[int, Row]) -> None:
    """Give each stretch of the path to its row and all above; what has no row to the one around."""
    for piece in line.path:
        number, owner = piece.activity, None
        seen: Row | None = None
        while number > 0:
            row = row_of.get(number)
            if row is not None and row is not seen:
                if owner is None:
                    owner = row
                    row.own += piece.end - piece.begin
                row.path.append((piece.begin, piece.end))
                seen = row
            number = line.spans[number].parent


def slowest(found: Iterable[Row], most: int) -> list[Row]:
    """The rows without others below them that worked the longest."""
    leaves = [row for row in found if not row.below and row.span.kind not in {"run", "gap"}]
    return sorted(leaves, key=worked, reverse=True)[:most]


def worked(row: Row) -> float:
    """Seconds that a row did not wait."""
    from stretto.observe.timeline import covered

    return max(0.0, row.span.seconds - covered((w.begin, w.end) for w in row.waits))


def important(found: Sequence[Row], most: int) -> list[Row]:
    """At most so many rows, in their order: those on the path and the longest, with all above."""
    if len(found) <= most:
        return list(found)
    above: dict[int, Row] = {id(low): row for row in found for low in row.below}
    ranked = sorted(found, key=lambda r: (r.depth > 0, -r.own, -r.span.seconds))
    kept: set[int] = set()
    for row in ranked:
        needed = [row]
        while id(needed[-1]) in above:
            needed.append(above[id(needed[-1])])
        new = {id(r) for r in needed} - kept
        if len(kept) + len(new) <= most:
            kept |= new
        if len(kept) >= most:
            break
    return [row for row in found if id(row) in kept]
