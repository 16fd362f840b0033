"""Talks with team after team, and what was found in their requests."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import TYPE_CHECKING
from unittest import mock

from bench.histories.talk import Talk
from bench.histories.teams import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stretto.testing import Checked

MENDS = ("members.guarded", "members.node", "patterns.context", "patterns.transcript")
"""The modules that mend histories."""


@dataclass
class Found:
    """What was seen so far."""

    teams: int = 0
    turns: Counter[str] = field(default_factory=Counter)
    """By what they came to."""
    requests: Counter[str] = field(default_factory=Counter)
    """By pattern."""
    invalid: Counter[str] = field(default_factory=Counter)
    examples: list[tuple[str, Checked]] = field(default_factory=list)
    """Invalid ones, each with pattern and seed of its team."""

    def add(self, talk: Talk, where: str) -> None:
        self.teams += 1
        self.turns += talk.ended
        for pattern, request in talk.requests:
            self.requests[pattern] += 1
            if request.problems:
                self.invalid[pattern] += 1
                self.examples.append((where, request))


async def search(requests: int, seed: int, patterns: Sequence[str] = ()) -> Found:
    """Talk to one team after the other, pattern by pattern, until so many are checked."""
    found = Found()
    for number, pattern in zip(count(), cycle(patterns or PATTERNS)):
        if found.requests.total() >= requests:
            break
        talk = Talk(f"{seed}/{number}", pattern)
        await talk.hold()
        found.add(talk, f"{pattern} {seed}/{number}")
    return found


@contextmanager
def unmended() -> Iterator[None]:
    """Let histories be as teams make them, to see whether what is searched for is there."""
    with ExitStack() as stack:
        for module in MENDS:
            name = f"stretto.{module}.valid_history"
            stack.enter_context(mock.patch(name, side_effect=list))
        yield
