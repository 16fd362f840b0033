"""The handoffs of a swarm's turn so far: pure decisions over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stretto.state import HandedOver

NOBODY = "-"
"""Stands for the request of a turn in which no person has spoken."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a swarm's state says of the turn that goes on."""

    id: str
    """Of the request."""
    handed: Sequence[HandedOver]
    fresh: bool
    """Whether nothing has happened in it yet."""
    request: int
    """The place of the request among the messages; -1 for none."""

    @property
    def received(self) -> HandedOver | None:
        """The last handoff that went where it was to go, whoever has taken the place since."""
        for each in reversed(self.handed):
            if each.how == "handed":
                return each
        return None


def turn_of(state: Mapping[str, Any]) -> Turn:
    """Read the turn; what an earlier one left behind is no part of it."""
    messages = state.get("messages") or ()
    place = len(messages) - 1
    while place >= 0 and messages[place].type != "human":
        place -= 1
    known = (messages[place].id if place >= 0 else None) or NOBODY
    fresh = state.get("turn") != known
    return Turn(known, () if fresh else state.get("handed") or (), fresh, place)


def is_new(one: HandedOver, before: Sequence[HandedOver]) -> bool:
    """Whether a payload says what was not said on this way before."""
    same = (each.payload for each in before if (each.by, each.to) == (one.by, one.to))
    return one.payload is not None and one.payload not in list(same)


def circles(handed: Sequence[HandedOver]) -> bool:
    """Whether the last handoff was there before, and nothing new has come up since."""
    last = handed[-1]
    if last.new:
        return False
    for each in reversed(handed[:-1]):
        if (each.by, each.to) == (last.by, last.to):
            return True
        if each.new:
            return False
    return False


def way(handed: Sequence[HandedOver]) -> list[str]:
    """Those that the conversation went to, in their order."""
    return [handed[0].by, *(each.to for each in handed)] if handed else []


def last_chain(handed: Sequence[HandedOver]) -> list[HandedOver]:
    """The last handoff, and what became of it since: who stood in, what was refused."""
    chain: list[HandedOver] = []
    for each in reversed(handed):
        chain.append(each)
        if each.how == "handed":
            break
    return chain[::-1]
