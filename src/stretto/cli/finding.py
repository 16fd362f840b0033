"""Finds a thread by its id, the beginning of it, or `last`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stretto.errors import InvalidInput, ThreadUnknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stretto.journal import Journal, ThreadSummary

LAST = "last"


async def find_thread(journal: Journal, given: str) -> ThreadSummary:
    """Give the thread that is meant.

    Raises:
        ThreadUnknown: No thread begins so.
        InvalidInput: Several do.
        StateUnreadable: It is there, and its records are damaged.
    """
    try:
        return pick(await journal.threads(), given)
    except ThreadUnknown:
        await journal.records(given, said=False)
        raise


def pick(threads: Sequence[ThreadSummary], given: str) -> ThreadSummary:
    """Give the thread that is meant; `threads` has the one worked on last first.

    Raises:
        ThreadUnknown, InvalidInput: As `find_thread`.
    """
    if given == LAST and threads:
        return threads[0]
    if exact := [t for t in threads if t.thread == given]:
        return exact[0]
    found = [t for t in threads if given and t.thread.startswith(given)]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(t.thread for t in found[:5])
        raise InvalidInput(f"several threads begin with {given!r}: {told}. Give more of the id.")
    if not threads:
        raise ThreadUnknown("there are no threads here yet. Start one: stretto run TEAM QUESTION")
    raise ThreadUnknown(f"no thread {given!r}. See them with `stretto threads`, or say 'last'.")
