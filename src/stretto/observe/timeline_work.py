"""Adds up for how long a turn worked, waited or stood still, and how much of it at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stretto.observe.timeline import Timeline

BEGIN, END, WAIT, GO = range(4)
_ORDER = {GO: 0, END: 1, BEGIN: 2, WAIT: 3}
"""Of what happens at one instant, what ends comes first."""


def work(line: Timeline) -> None:
    """Fill in a timeline's sums.

    A span works while nothing within it goes on and it does not wait itself. So what works at an
    instant are the innermost spans; the framework's own work between two steps is their parent's.
    """
    events = _events(line)
    active = [False] * len(line.spans)
    within = [0] * len(line.spans)
    waits = [0] * len(line.spans)
    working = busy = idle = 0.0
    count, most, gone, before = 0, 0, 0, line.begin

    def works(number: int) -> bool:
        return active[number] and not within[number] and not waits[number]

    for time, kind, number in events:
        if time > before:
            working += (time - before) if count else 0.0
            idle += (time - before) if gone and not count else 0.0
            busy += (time - before) * count
            most, before = max(most, count), time
        if line.spans[number].kind == "gap":
            gone += 1 if kind == BEGIN else -1
            continue
        parent = line.spans[number].parent
        touched = (number, parent) if parent > 0 else (number,)
        count -= sum(map(works, touched))
        if kind in {BEGIN, END}:
            active[number] = kind == BEGIN
            if parent > 0:
                within[parent] += 1 if kind == BEGIN else -1
        else:
            waits[number] += 1 if kind == WAIT else -1
        count += sum(map(works, touched))
    line.working, line.busy, line.most, line.idle = working, busy, most, idle
    line.waiting = max(0.0, line.seconds - line.working - line.idle)


def _events(line: Timeline) -> list[tuple[float, int, int]]:
    """All beginnings and ends of spans and waits; what has no duration is no work."""
    events: list[tuple[float, int, int]] = []
    for span in line.spans[1:]:
        asks = span.kind == "gap" and all(wait.on == "person" for wait in span.waits)
        if asks or span.end <= span.begin:
            continue
        events += [(span.begin, BEGIN, span.number), (span.end, END, span.number)]
        if span.kind == "gap":
            continue
        for wait in span.waits:
            events += [(wait.begin, WAIT, span.number), (wait.end, GO, span.number)]
    return sorted(events, key=lambda event: (event[0], _ORDER[event[1]], event[2]))
