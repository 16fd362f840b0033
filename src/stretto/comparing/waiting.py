"""The stored threads that wait in the old version, and whether each can go on in the new one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stretto.check.stored import stored_threads
from stretto.comparing.going_on import going_on, worst

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.checkpoint.base import BaseCheckpointSaver

    from stretto.check.facts import Graph, Stored
    from stretto.comparing.going_on import Going, Verdict


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored thread that waits."""

    thread: str
    places: tuple[str, ...]
    """The nodes that it goes on with, each with those that lead to it: "desk/refund"."""
    going: Going
    why: tuple[str, ...] = ()
    known: bool = True
    """Whether nodes of the old version have run in it, so that it is surely one of its threads."""


async def waiting_threads(
    old: Graph,
    new: Graph,
    saver: BaseCheckpointSaver[Any],
    verdicts: Sequence[Verdict] | None = None,
) -> list[Waiting]:
    """Find the threads of the old version that a checkpointer holds and that wait.

    Args:
        old: The facts of the old version.
        new: The facts of the new one.
        saver: Any checkpointer, open.
        verdicts: What `going_on` gave of the two, where it is known already.

    Returns:
        One a thread, in the order of the threads' ids.
    """
    known = going_on(old, new) if verdicts is None else verdicts
    told = {(*each.path, each.node): each for each in known}
    found: dict[str, list[Stored]] = {}
    for each in await stored_threads(old, saver):
        found.setdefault(each.thread, []).append(each)
    return [_waiting(thread, found[thread], told) for thread in sorted(found)]


def _waiting(
    thread: str, stored: Sequence[Stored], verdicts: Mapping[tuple[str, ...], Verdict]
) -> Waiting:
    at = {(*each.path, node) for each in stored for node in each.nodes}
    innermost = sorted(one for one in at if not any(_within(other, one) for other in at))
    told = [_nearest(one, verdicts) for one in innermost]
    known = [each for each in told if each is not None]
    going = worst([each.going for each in known]) if len(known) == len(told) else "cannot"
    why = [text for each in known if each.going == going for text in each.why]
    if len(known) < len(told):
        why = ["the old version has no such node"]
    places = tuple("/".join(one) for one in innermost)
    return Waiting(thread, places, going, tuple(dict.fromkeys(why)), all(s.known for s in stored))


def _within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _nearest(place: tuple[str, ...], verdicts: Mapping[tuple[str, ...], Verdict]) -> Verdict | None:
    """The verdict of a place, past tasks of a node's own that lie between, or of what it is in."""
    found: tuple[str, ...] = ()
    for part in place:
        if (*found, part) in verdicts:
            found = (*found, part)
        elif not found:
            return None
    return verdicts.get(found)
