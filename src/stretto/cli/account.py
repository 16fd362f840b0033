"""How a turn came to stand as it does, as a value: a sentence, lines, and what to type next."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stretto.cli.words import cut, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.journal import ThreadStatus

LONG, SHORT = 280, 130
"""Characters shown of the error that ended a run, and of others."""
NAME = 32
"""Characters shown of the name of a node or an agent."""
LEAST = ("on the way", "besides", "given", "reviewed", "before", "stored", "beside it", "person",
         "first", "used", "to do", "led there", "tried", "unknown")  # fmt: skip
"""Labels in the order in which their lines are left out where a screen is too small."""
MANY = 3
"""Retries, handoffs, ... that are told each; of more the number."""


@dataclass(frozen=True, slots=True)
class Line:
    """A part of the explanation."""

    label: str
    """What it tells: "error", "failed in", "tried", ..."""
    text: str
    time: float | None = None
    """Seconds since the turn began, of what happened at a moment."""

    @property
    def when(self) -> str:
        """That time in words."""
        return "" if self.time is None else f"  after {seconds(max(0.0, self.time))}"


@dataclass(frozen=True, slots=True)
class Account:
    """How a turn came to stand as it does."""

    thread: str
    team: str
    status: ThreadStatus
    question: str
    head: str
    """How it stands, in a sentence."""
    lines: tuple[Line, ...] = ()
    commands: tuple[tuple[str, str], ...] = field(default=())
    """What to type next, and what for."""


def who(*names: str) -> str:
    """Who or where it was, each name once."""
    return " ".join(dict.fromkeys(cut(name, NAME) for name in names if name)) or "the graph"


def fitted(lines: Sequence[Line], *, width: int, rows: int) -> list[Line]:
    """The lines as they fit on a screen: cut to a row each, and the least telling left out.

    Args:
        lines: All of them.
        width: Columns of the screen.
        rows: Rows that they may take together.
    """
    room = max(20, width - 1 - max((len(line.label) for line in lines), default=0))
    if sum(len(textwrap.wrap(line.text + line.when, room)) for line in lines) <= rows:
        return list(lines)
    kept = [replace(line, text=cut(line.text, room - len(line.when))) for line in lines]
    for label in LEAST:
        while len(kept) > rows and (found := [line for line in kept if line.label == label]):
            kept.remove(found[0])
    return kept
