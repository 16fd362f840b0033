"""What the steps of the teams in these tests tell of themselves, and where one of them is killed."""

from __future__ import annotations

import asyncio
from collections import Counter

from stretto.errors import StateUnavailable

RAN: Counter[str] = Counter()
"""What has been done, and how often."""
_KILL: list[str] = []


def kill(what: str) -> None:
    """Let the process die, as it were, in whoever does this next; "" for nobody."""
    _KILL[:] = [what] if what else []


async def here(what: str) -> str:
    """Do a piece of work: what is done beside it ends first where it is to be killed."""
    if what in _KILL:
        for _ in range(500):
            await asyncio.sleep(0)
        _KILL.clear()
        raise StateUnavailable("killed")
    RAN[what] += 1
    return what
