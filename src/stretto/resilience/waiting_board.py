"""Cycles through several processes: each tells what waits in it, and all look at the whole."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from stretto.resilience.cycles import Edge, cycle, knot, stuck
from stretto.resilience.lock_keeper import process_name
from stretto.resilience.waiting import GRAPH, deadlock, hold_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.resilience.bulkhead_permits import Hold
    from stretto.resilience.waiting import Waiting

_BEATS = count(1)


def told() -> str:
    """What waits in this process without a bound, as JSON."""
    holds: dict[str, str] = {}
    waits: list[dict[str, Any]] = []
    for each, helpers in GRAPH.waits():
        for hold in each.within:
            holds |= dict.fromkeys(_ids(hold), hold.told)
        needs = [each.key] if each.key else _needs(helpers)
        holds |= {_id(hold): hold.told for hold in helpers}
        within = [name for hold in each.within for name in _ids(hold)]
        waits.append({"id": _wait_id(each), "since": each.since, "needs": needs, "within": within})
    return json.dumps({"beat": next(_BEATS), "waits": waits, "holds": holds})


class Board:
    """What this process makes of what all have told; used by one thread.

    A cycle counts when it is seen again after each process in it has looked at its waits anew:
    then all of them waited at one time. The last of them that came gives up for all.
    """

    def __init__(self) -> None:
        self._seen: dict[frozenset[str], dict[str, int]] = {}
        """By cycle, how often each process had told its waits when it was seen first."""

    def look(self, texts: Mapping[str, str]) -> None:
        """End those waits of this process that must give up."""
        every = {process: found for process, text in texts.items() if (found := _read(text))}
        waits = {wait["id"]: wait for each in every.values() for wait in each["waits"]}
        edges = {i: Edge(i, tuple(w["needs"]), tuple(w["within"])) for i, w in waits.items()}
        left = {each: edges[each] for each in stuck(edges.values())}
        beats: dict[str, int] = {process: each["beat"] for process, each in every.items()}
        seen: dict[frozenset[str], dict[str, int]] = {}
        for mine, _ in GRAPH.waits():
            name = _wait_id(mine)
            caught = knot(left, name) if name in left else frozenset[str]()
            if not caught or name != max(caught, key=lambda each: (waits[each]["since"], each)):
                continue
            first = seen[caught] = self._seen.get(caught, beats)
            # What is told a second time after the first sight was looked at after it.
            if all(beats[p] >= first.get(p, beats[p]) + 2 for p in map(_process, caught)):
                holds = {i: text for each in every.values() for i, text in each["holds"].items()}
                links = cycle(left, name)
                mine.fail(deadlock([holds[link.hold] for link in (*links[-1:], *links[:-1])]))
        self._seen = seen


def _read(text: str) -> dict[str, Any]:
    """What a process has told; nothing where another version of Stretto tells it otherwise."""
    try:
        found = json.loads(text)
        whole = all({"id", "since", "needs", "within"} <= wait.keys() for wait in found["waits"])
    except (ValueError, TypeError, LookupError, AttributeError):
        return {}
    return found if whole and {"beat", "holds"} <= found.keys() else {}


def _id(hold: Hold) -> str:
    return f"{process_name()}:{hold_id(hold)}"


def _ids(hold: Hold) -> list[str]:
    return [_id(hold), *([hold.key] if hold.key else [])]


def _needs(helpers: Sequence[Hold]) -> list[str]:
    """A lock's own permit is what all processes know; one that is lent is of this process alone."""
    return [h.key if h.key and h.lender is None else _id(h) for h in helpers]


def _wait_id(waiting: Waiting) -> str:
    return f"{process_name()}:{waiting.id}"


def _process(wait: str) -> str:
    return wait.rpartition(":")[0]
