"""Reads from a journal all that the verification or the export of a thread needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stretto.errors import KeyUnknown, StateUnavailable, StateUnreadable
from stretto.journal.uses import digests, next_link, request

if TYPE_CHECKING:
    from collections.abc import Collection

    from stretto.journal.anchors import Anchor
    from stretto.journal.chain import Entry
    from stretto.journal.payloads import Payload
    from stretto.journal.store import Journal


class Evidence(NamedTuple):
    """A thread as it is stored."""

    entries: list[Entry]
    payloads: dict[str, Payload | None]
    """Those that are there, by digest; `None` for one that was damaged."""


async def evidence(journal: Journal, thread: str) -> Evidence:
    """Read the records of a thread and the payloads they refer to.

    Read anchors before it: a run that ends meanwhile is then no fault.

    Raises:
        KeyUnknown: What was said is encrypted with a key that is not here.
        StateUnavailable: The store cannot be reached.
        StateUnreadable: The store is damaged.
    """
    entries = await journal.entries(thread)
    held: dict[str, Payload | None] = {}
    wanted = {digest for entry in entries for digest in digests(entry)}
    held |= await _read(journal, thread, wanted)
    links = {next_link(held.get(digest)) for digest in map(request, entries) if digest}
    asked = set(wanted)
    while links := links - asked - {""}:
        asked |= links
        found = await _read(journal, thread, links)
        held |= found
        links = {next_link(payload) for payload in found.values()}
    return Evidence(entries, held)


async def _read(
    journal: Journal, thread: str, wanted: Collection[str]
) -> dict[str, Payload | None]:
    try:
        return dict(await journal.payloads(thread, wanted))
    except KeyUnknown:
        raise
    except _DAMAGED:  # one of them: find out which
        found: dict[str, Payload | None] = {}
        for digest in wanted:
            found |= await _one(journal, thread, digest)
        await journal.entries(thread)  # raises if it is the store that is gone
        return found


async def _one(journal: Journal, thread: str, digest: str) -> dict[str, Payload | None]:
    try:
        return dict(await journal.payloads(thread, [digest]))
    except KeyUnknown:
        raise
    except _DAMAGED:
        return {digest: None}


_DAMAGED = (StateUnreadable, StateUnavailable, TypeError)
"""What reading a payload raises that someone has written over, with a text for bytes too."""


async def thread_names(journal: Journal, anchors: Collection[Anchor] = ()) -> list[str]:
    """All threads of which a record, an anchor or what is left tells, those with records first.

    Raises:
        StateUnavailable: The store cannot be reached.
    """
    found = dict.fromkeys(await journal.names())
    found |= dict.fromkeys(anchor.thread for anchor in anchors if anchor.thread)
    return list(found | dict.fromkeys(await journal.left()))
