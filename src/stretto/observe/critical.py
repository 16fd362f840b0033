"""The critical path: the chain of activities that decided when the whole ended.

The method is that of program activity graphs (Yang & Miller, "Critical path analysis for the
execution of parallel and distributed programs", ICDCS 1988): what happened is a graph of
activities, each of which begins when the last of those before it has ended, and the longest way
through it is what the end waited for. Every time here is known, so the longest way is found by one
walk back from the end:

- at a point of time within an activity, the activity within it that was the last to end by then is
  what went before, and so is one that it waited for (a task's needs), if that ended later;
- the time between that end and the point is the activity's own;
- the walk goes on at that end, within what went before; at its beginning it goes on in the activity
  around it; it ends where the whole began.

Each instant of the whole is given to exactly one activity, so the shares add up to its duration.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Activity(NamedTuple):
    """Something that went on for a while."""

    begin: float
    end: float
    parent: int = -1
    """Place of the one it is part of, which stands before it; -1 for the whole."""
    after: tuple[int, ...] = ()
    """Places of those it waited for, which are parts of the same one; others are ignored."""


class Piece(NamedTuple):
    """A stretch of the critical path."""

    begin: float
    end: float
    activity: int
    """Place of the activity whose own time it is."""


def bounded(activities: Sequence[Activity]) -> list[Activity]:
    """The same, each within the one it is part of and none with its end before its beginning."""
    made: list[Activity] = []
    for one in activities:
        begin, end = one.begin, max(one.begin, one.end)
        if one.parent >= 0:
            around = made[one.parent]
            begin = min(max(begin, around.begin), around.end)
            end = min(max(end, begin), around.end)
        made.append(one._replace(begin=begin, end=end))
    return made


def critical_path(activities: Sequence[Activity]) -> list[Piece]:
    """The stretches of the critical path of the first activity, oldest first.

    They leave no gap and do not overlap; those without duration are left out.

    Args:
        activities: The whole first, then its parts and theirs, each after the one it is part of.
    """
    if not activities:
        return []
    known = bounded(activities)
    parts = _parts(known)
    needs = [sorted(_valid(known, i), key=lambda n: _order(known, n)) for i in range(len(known))]
    used = [False] * len(known)
    pieces: list[Piece] = []
    here, at = 0, known[0].end
    while here >= 0:
        inner = _last(parts[here], known, used, at)
        before = _last(needs[here], known, used, at)
        found = before if _is_later(known, before, inner) else inner
        until = known[here].begin if found < 0 else known[found].end
        if at > until:
            pieces.append(Piece(until, at, here))
        at = until
        if found < 0:
            here = known[here].parent
        else:
            used[found] = True
            here = found
    return pieces[::-1]


def slack(activities: Sequence[Activity], path: Sequence[Piece]) -> list[float]:
    """How much later each could have ended without the whole ending later, as far as is told.

    All that began after an activity had ended, within the same one, is taken to need it: more
    freedom than this is possible, less is not. Those on the path have none.
    """
    known = bounded(activities)
    parts = _parts(known)
    found = [0.0] * len(known)
    for place in range(len(known)):
        if parts[place]:
            _loosen(known, parts[place], found, found[place])
    for piece in path:
        found[piece.activity] = 0.0
    return found


def _loosen(
    known: Sequence[Activity], parts: Sequence[int], found: list[float], room: float
) -> None:
    """Find the slack of the parts of one activity, which has `room` itself."""
    ends = [known[i].end for i in parts]
    latest = ends[-1] + room
    begun: list[tuple[float, float]] = []
    needed: dict[int, float] = {}
    for rank in range(len(parts) - 1, -1, -1):
        place = parts[rank]
        one = known[place]
        while begun and -begun[0][0] >= one.end:
            latest = min(latest, heapq.heappop(begun)[1])
        found[place] = max(0.0, min(latest, needed.get(place, latest)) - one.end)
        last = min(bisect_right(ends, one.begin), rank) - 1
        if last >= 0:
            heapq.heappush(begun, (-one.begin, ends[last] + found[place]))
        waited = _valid(known, place)
        release = max((known[n].end for n in waited), default=0.0) + found[place]
        for need in waited:
            needed[need] = min(release, needed.get(need, release))


def _parts(known: Sequence[Activity]) -> list[list[int]]:
    """The parts of each, the one that ended last at the end."""
    parts: list[list[int]] = [[] for _ in known]
    for place, one in enumerate(known):
        if one.parent >= 0:
            parts[one.parent].append(place)
    for each in parts:
        each.sort(key=lambda place: _order(known, place))
    return parts


def _order(known: Sequence[Activity], place: int) -> tuple[float, float, int]:
    return known[place].end, known[place].begin, place


def _valid(known: Sequence[Activity], place: int) -> list[int]:
    """What an activity can have waited for: siblings that ended while it went on."""
    one = known[place]
    return [
        n
        for n in one.after
        if 0 <= n < len(known)
        and n != place
        and known[n].parent == one.parent
        and known[n].end >= one.begin
        and _order(known, n) < _order(known, place)
    ]


def _last(candidates: list[int], known: Sequence[Activity], used: Sequence[bool], at: float) -> int:
    """The one that was the last to end by `at`, -1 when there is none; drops those it cannot be."""
    while candidates and (used[candidates[-1]] or known[candidates[-1]].end > at):
        candidates.pop()
    return candidates[-1] if candidates else -1


def _is_later(known: Sequence[Activity], one: int, other: int) -> bool:
    """Whether there is the one, and the other not or with an earlier end."""
    return one >= 0 and (other < 0 or known[one].end > known[other].end)
